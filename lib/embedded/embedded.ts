import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { relieveDatabase } from './ballast'
import { lockDataFolder, readIfThere, StartError, tryDataFolder } from './data-folder'
import { firstStart } from './first-start'
import { becomesFree, freePort } from './ports'
import { type PostgresProgram, postgresProgram } from './postgres-program'
import { type Access, findPostmaster, isAnswering, launch, type Postmaster, stopPostmaster } from './postmaster'

export type EmbeddedDatabase = {
  url: string
  pid: number
  isRunning(): boolean
  stop(): Promise<void>
}

export type StartOptions = {
  /** For tests: faster, but loses data if the machine (not just a process) stops. */
  throwaway?: boolean
}

/** Starts or adopts the PostgreSQL of a data folder. Only for the holder of the folder's lock. */
export async function startDatabase(folder: string, options: StartOptions = {}): Promise<EmbeddedDatabase> {
  const files = path.join(path.resolve(folder), 'postgres')
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const program = postgresProgram(files)
  if (!fs.existsSync(files)) await initialise(folder, files, program, options)
  // On a full disk PostgreSQL could not start, and nothing could be deleted.
  await relieveDatabase(folder)
  takeOver(files, program)
  const access = readAccess(folder)
  const postmaster = (await adopt(files, access)) ?? (await launchSomewhere(files, program, access, options))
  if (postmaster.port !== access.port) writeAccess(folder, { ...access, port: postmaster.port })
  return {
    url: databaseUrl({ ...access, port: postmaster.port }),
    pid: postmaster.pid,
    isRunning: () => postmaster.isRunning(),
    stop: () => stopPostmaster(postmaster),
  }
}

/**
 * The embedded database for a command: the running console's, else one started for the command under the same lock. If
 * `isOurs`, the caller must migrate the schema.
 */
export async function openDatabase(folder: string): Promise<{ url: string; isOurs: boolean; stop(): Promise<void> }> {
  // The lock file needs space too.
  await relieveDatabase(folder)
  for (let told = false; ; await sleep(200)) {
    const taken = tryDataFolder(folder, 'command')
    if ('lock' in taken || taken.holder.kind === 'command') {
      const lock = 'lock' in taken ? taken.lock : await lockDataFolder(folder, 'command')
      return startForOneCommand(folder, lock)
    }
    const access = taken.holder.state === 'open' ? readAccess(folder) : undefined
    if (access && (await isAnswering(access))) return { url: databaseUrl(access), isOurs: false, stop: async () => {} }
    if (!told) console.error(`Waiting for the database of the console (process ${taken.holder.pid}) …`)
    told = true
  }
}

/** The URL of a running console's embedded database; null if none runs. */
export async function runningDatabase(folder: string): Promise<string | null> {
  const taken = fs.existsSync(path.join(folder, 'postgres.json')) ? tryDataFolder(folder, 'command') : undefined
  if (!taken) return null
  if ('lock' in taken) {
    taken.lock.release()
    return null
  }
  if (taken.holder.kind !== 'server' || taken.holder.state !== 'open') return null
  const access = readAccess(folder)
  return (await isAnswering(access)) ? databaseUrl(access) : null
}

async function startForOneCommand(folder: string, lock: { release(): void }) {
  try {
    // The next start deletes everything, including a command's changes.
    if (firstStart(folder) === 'making')
      throw new StartError('The first start was cut off. Start the console, which begins it anew.')
    const database = await startDatabase(folder)
    const stop = () => database.stop().finally(() => lock.release())
    return { url: database.url, isOurs: true, stop }
  } catch (error) {
    lock.release()
    throw error
  }
}

// The cluster is created in another folder and moved into place when complete, so a partial one is never used. Its
// password is written first: without it the cluster would be useless.
async function initialise(folder: string, files: string, program: PostgresProgram, { throwaway }: StartOptions) {
  const access = {
    host: '127.0.0.1',
    port: await freePort(),
    user: 'postgres',
    password: randomBytes(24).toString('base64url'),
    database: 'console',
  }
  const making = `${files}.new`
  const password = path.join(making, 'password')
  fs.rmSync(making, { recursive: true, force: true })
  fs.mkdirSync(making, { mode: 0o700 })
  fs.writeFileSync(password, access.password, { mode: 0o600 })
  if (program.servant)
    for (const file of [making, password]) fs.chownSync(file, program.servant.uid, program.servant.gid)
  // The built-in locale is the same on every system, whatever locales are installed.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8']
  const safety = ['--auth=scram-sha-256', `--pwfile=${password}`, ...(throwaway ? ['--no-sync'] : [])]
  const made = path.join(making, 'data')
  await runInitdb(program, ['-D', made, '-U', access.user, ...locale, ...safety, '--no-instructions'])
  writeAccess(folder, access)
  fs.renameSync(made, files)
  fs.rmSync(making, { recursive: true })
}

function runInitdb(program: PostgresProgram, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = program.spawn('initdb', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr?.on('data', (text) => {
      said += text
    })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`initdb could not make the database.\n${said}`)),
    )
  })
}

// A data folder copied or unpacked by root belongs to root, which PostgreSQL refuses.
function takeOver(files: string, { servant }: PostgresProgram): void {
  const owner = fs.statSync(files).uid
  if (servant && owner !== servant.uid) {
    const all = fs.readdirSync(files, { recursive: true, encoding: 'utf8' }).map((name) => path.join(files, name))
    for (const file of [files, ...all]) fs.lchownSync(file, servant.uid, servant.gid)
  } else if (!servant && owner !== process.getuid?.()) {
    throw new StartError(`The database in ${files} belongs to another user. Start as that user, or as root.`)
  }
}

// A PostgreSQL that was just killed may still be listed: it is found, never answers, and then is gone.
async function adopt(files: string, access: Access): Promise<Postmaster | undefined> {
  for (;;) {
    const left = await findPostmaster(files)
    if (!left || (await isAnswering({ ...access, port: left.port }))) return left
    await sleep(50)
  }
}

// The port is kept between starts, so that known addresses stay valid; if another program has taken it, a new one is
// chosen.
async function launchSomewhere(files: string, program: PostgresProgram, access: Access, options: StartOptions) {
  for (let attempt = 1; ; attempt++) {
    const port = attempt === 1 && (await becomesFree(access.port)) ? access.port : await freePort()
    try {
      return await launch(files, program, port, options.throwaway ? ['-c', 'fsync=off'] : [])
    } catch (error) {
      if (attempt === 3 || !(error instanceof Error && error.message.includes('Address already in use'))) throw error
    }
  }
}

function readAccess(folder: string): Access {
  const file = path.join(folder, 'postgres.json')
  const text = readIfThere(file)
  if (text === undefined)
    throw new StartError(`${file} is missing: it holds the password of the database in ${folder}.`)
  return JSON.parse(text)
}

function writeAccess(folder: string, access: Access): void {
  const file = path.join(folder, 'postgres.json')
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(access, null, 2)}\n`, { mode: 0o600 })
  fs.renameSync(`${file}.new`, file)
}

function databaseUrl({ host, port, user, password, database }: Access): string {
  return `postgresql://${user}:${password}@${host}:${port}/${database}`
}
