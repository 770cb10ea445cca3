import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { isErrnoCode, readIfThere, StartError } from './data-folder'
import type { PostgresProgram } from './postgres-program'
import { processStart } from './process-start'

export type Access = { host: string; port: number; user: string; password: string; database: string }

export type Postmaster = { pid: number; port: number; isRunning(): boolean }

const settings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // One file per weekday, overwritten after a week. Rows and statements are not logged, because they contain secrets.
  logging_collector: 'on',
  log_directory: 'log',
  log_filename: 'postgres-%a.log',
  log_truncate_on_rotation: 'on',
  log_rotation_age: '1d',
  log_rotation_size: '0',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
}

/** Starts PostgreSQL in its own session, so that neither Ctrl-C nor our own end kills it in the middle of a write. */
export async function launch(
  files: string,
  program: PostgresProgram,
  port: number,
  more: string[],
): Promise<Postmaster> {
  const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const said = path.join(files, 'start.log')
  const output = fs.openSync(said, 'w', 0o600)
  const args = ['-D', files, '-p', String(port), ...options, ...more]
  const child = program.spawn('postgres', args, { detached: true, stdio: ['ignore', output, output] })
  fs.closeSync(output)
  child.unref()
  let failure: Error | undefined
  child.on('error', (error) => {
    failure = error
  })
  child.on('exit', () => {
    failure = new Error(`PostgreSQL did not start.\n${readIfThere(said)}`)
  })
  while (!failure) {
    const status = readStatus(files)
    if (status?.pid === child.pid && status?.word === 'ready') return postmaster(status)
    await sleep(20)
  }
  throw failure
}

/**
 * The PostgreSQL that runs on these files, if any. Waits for one that is stopping, and removes leftovers of a killed one: its
 * pid file, and children that have not noticed yet.
 */
export async function findPostmaster(files: string): Promise<Postmaster | undefined> {
  for (;;) {
    const status = readStatus(files)
    if (!status) return undefined
    if (!worksOn(files, status.pid)) break
    if (status.word !== 'stopping') return postmaster(status)
    await sleep(50)
  }
  for (let round = 0; processesOf(files).length > 0; round++) {
    // They exit within moments, unless one is deep in a query; its transaction is lost either way.
    if (round > 20) for (const pid of processesOf(files)) signal(pid, 'SIGKILL')
    await sleep(50)
  }
  // The pid may belong to another program by now, which PostgreSQL would take for a running server.
  fs.rmSync(path.join(files, 'postmaster.pid'), { force: true })
  return undefined
}

/** Stops PostgreSQL: open transactions are rolled back, and everything is written. Escalates if that takes too long. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  for (const [name, seconds] of [
    ['SIGINT', 30],
    ['SIGQUIT', 10],
    ['SIGKILL', 10],
  ] as const) {
    if (!postmaster.isRunning()) return
    signal(postmaster.pid, name)
    const until = Date.now() + seconds * 1_000
    while (postmaster.isRunning() && Date.now() < until) await sleep(10)
  }
}

/** Whether PostgreSQL accepts the password and answers; false while it starts or recovers. */
export async function isAnswering(access: Access): Promise<boolean> {
  const client = new pg.Client({ ...access, database: 'postgres', connectionTimeoutMillis: 3_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch (error) {
    if (isErrnoCode(error, '28P01'))
      throw new StartError('The password in postgres.json is not the one of the running database.')
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

function postmaster({ pid, port }: { pid: number; port: number }): Postmaster {
  const started = processStart(pid)
  return { pid, port, isRunning: () => started !== undefined && processStart(pid) === started }
}

// PostgreSQL's own status file: pid, folder, start time, port, socket, address, memory, status.
function readStatus(files: string): { pid: number; port: number; word: string } | undefined {
  const lines = readIfThere(path.join(files, 'postmaster.pid'))?.split('\n')
  return lines && { pid: Number(lines[0]), port: Number(lines[3]), word: lines[7]?.trim() ?? 'starting' }
}

// A PostgreSQL process has its cluster's folder as working directory; another program with the same pid has not.
function worksOn(files: string, pid: number): boolean {
  if (processStart(pid) === undefined) return false
  if (process.platform !== 'linux') return true
  try {
    return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(files)
  } catch {
    return false
  }
}

function processesOf(files: string): number[] {
  if (process.platform !== 'linux') return []
  return fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && worksOn(files, pid))
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!isErrnoCode(error, 'ESRCH')) throw error
  }
}
