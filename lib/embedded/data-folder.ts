import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine } from '../command-line'
import { processStart } from './process-start'

/** An error whose message is for the person who started the program: printed without a stack. */
export class StartError extends Error {}

type Kind = 'server' | 'command'

type State = 'starting' | 'open' | 'ending'

export type Holder = { pid: number; started: string; kind: Kind; state: State }
export type FolderLock = { say(state: State): void; release(): void }

const graceMs = 2_000
const patienceMs = 10 * 60_000

/**
 * Locks the data folder for this process. Waits for a holder that is about to end; otherwise throws a sentence that names the
 * holder. The lock of a killed process does not count.
 */
export async function lockDataFolder(folder: string, kind: Kind): Promise<FolderLock> {
  const since = Date.now()
  for (let told = false; ; await sleep(100)) {
    const taken = tryDataFolder(folder, kind)
    if ('lock' in taken) return taken.lock
    const { holder } = taken
    const isBrief = holder.kind === 'command' || holder.state === 'ending'
    // The grace period is for a supervisor whose npm was killed: within half a second it notices and marks itself as
    // ending.
    if (Date.now() - since > (isBrief ? patienceMs : graceMs)) throw new StartError(sentence(folder, holder))
    if (isBrief && !told) console.error(`Waiting for process ${holder.pid} to finish with the data folder ${folder} …`)
    told ||= isBrief
  }
}

/** Locks the data folder if it is free; otherwise returns the holder. */
export function tryDataFolder(folder: string, kind: Kind): { lock: FolderLock } | { holder: Holder } {
  try {
    return take(folder, kind)
  } catch (error) {
    if (isErrnoCode(error, 'ENOSPC'))
      throw new StartError(
        `The disk of the data folder ${folder} is full. Make room on it; ${commandLine} gc --staging removes uploads that were left.`,
      )
    if (!isErrnoCode(error, 'EACCES') && !isErrnoCode(error, 'EPERM')) throw error
    throw new StartError(
      `The data folder ${folder} belongs to another user. Start as that user, or set ECS_DATA_DIR to another folder.`,
    )
  }
}

function take(folder: string, kind: Kind): { lock: FolderLock } | { holder: Holder } {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  const me: Holder = { pid: process.pid, started: processStart(process.pid) ?? '', kind, state: 'starting' }
  const mine = path.join(folder, `lock.${process.pid}-${crypto.randomUUID().slice(0, 8)}`)
  write(mine, me)
  try {
    for (;;) {
      const newest = locks(folder).at(-1)
      if (newest && isHeld(newest.holder)) return { holder: newest.holder }
      const number = (newest?.number ?? 0) + 1
      if (claim(folder, mine, number)) return { lock: lockOf(folder, number, me) }
    }
  } finally {
    fs.rmSync(mine, { force: true })
  }
}

// Locks are numbered files, and the highest one counts. Numbers are never reused, so two processes that find the same dead
// holder try to create the same next file, and the file system lets one succeed.
function claim(folder: string, mine: string, number: number): boolean {
  const file = lockFile(folder, number)
  try {
    fs.linkSync(mine, file)
  } catch (error) {
    if (isErrnoCode(error, 'EEXIST')) return false
    throw error
  }
  const all = locks(folder)
  // A process that listed the locks long ago may claim a number that others have used and released since.
  const isLate = all.some((lock) => lock.number > number)
  for (const lock of all)
    if (isLate ? lock.number === number : lock.number < number)
      fs.rmSync(lockFile(folder, lock.number), { force: true })
  return !isLate
}

function lockOf(folder: string, number: number, me: Holder): FolderLock {
  const file = lockFile(folder, number)
  const replace = (holder: Holder) => {
    write(`${file}.new`, holder)
    fs.renameSync(`${file}.new`, file)
  }
  return { say: (state) => replace({ ...me, state }), release: () => replace({ ...me, pid: 0 }) }
}

function locks(folder: string): { number: number; holder: Holder }[] {
  const numbers = fs.readdirSync(folder).flatMap((name) => /^lock\.(\d+)$/.exec(name)?.[1] ?? [])
  return numbers
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((number) => {
      const text = readIfThere(lockFile(folder, number))
      return text === undefined ? [] : [{ number, holder: JSON.parse(text) }]
    })
}

function isHeld(holder: Holder): boolean {
  return holder.pid !== 0 && processStart(holder.pid) === holder.started
}

function sentence(folder: string, holder: Holder): string {
  const who = holder.kind === 'server' ? 'a running Open ECS Console' : 'its command line'
  return `The data folder ${folder} is in use by process ${holder.pid} (${who}). Stop that first, or set ECS_DATA_DIR to another folder.`
}

function lockFile(folder: string, number: number): string {
  return path.join(folder, `lock.${number}`)
}

function write(file: string, holder: Holder): void {
  fs.writeFileSync(file, JSON.stringify(holder), { mode: 0o600 })
}

/** The text of a file, or undefined if it does not exist. Throws every other error. */
export function readIfThere(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Whether an error is a system error with this code, such as ENOENT. */
export function isErrnoCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
