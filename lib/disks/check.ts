import { join } from 'node:path'
import type { Reader } from '@/lib/machines/reader'
import { rulesVersion } from './check/path-rules'
import type { CheckProgress, CheckReport, UncheckedReason } from './check/report'
import type { GuestFile } from './guest'
import { filesMax } from './guest/listing'
import { runThread } from './thread'

export type CheckOptions = {
  /** Also searches outside files: deleted data and the space between partitions. */
  deep: boolean
  /** Aborts the check, which then throws the signal's reason. */
  signal: AbortSignal
  onProgress: (progress: CheckProgress) => void
  /** Starts the reader machine for file systems that 7-Zip cannot read. Called only when a disk needs it; without it these stay unread. */
  findReader?: () => Promise<Reader | null>
  /** Receives the error message if the reader machine does not start. */
  onTrouble?: (message: string) => void
  limits?: Partial<CheckLimits>
}

/** `memoryBytes`: how much the check may add to the process's memory. `filesMax`: files of one file system. */
export type CheckLimits = { timeMs: number; memoryBytes: number; filesMax: number }

/** The thread's input and its messages. */
export type CheckTask = GuestFile & { deep: boolean; memoryBytesMax: number; timeMs: number; filesMax: number }
export type CheckWord =
  | { progress: CheckProgress }
  | { report: CheckReport; isWhole: boolean }
  | { needsReader: true }
  | { trouble: string }
/** The reply to `needsReader`. */
export type ReaderAnswer = { reader: Reader | null }

const defaultLimits: CheckLimits = { timeMs: 120_000, memoryBytes: 300 * 1024 ** 2, filesMax }
/** The thread stops itself at its time limit; this long after it, it is terminated. */
const graceMs = 2_000

/**
 * Searches the files of a disk for secrets and for data that identifies its owner. Runs in its own thread; mounts nothing, executes
 * nothing of the guest and writes nowhere. The same bytes always give the same findings.
 *
 * If a limit is reached or the content is invalid, it returns what was found so far with a `reason`. It throws only if the file cannot
 * be opened or the signal aborts. No value of a secret leaves the thread.
 */
export async function checkGuest(file: GuestFile, options: CheckOptions): Promise<CheckReport> {
  const { deep, signal, onProgress, findReader = async () => null, onTrouble = () => {} } = options
  signal.throwIfAborted()
  const { timeMs, memoryBytes, filesMax } = { ...defaultLimits, ...options.limits }
  const started = performance.now()
  const task: CheckTask = {
    ...file,
    deep,
    memoryBytesMax: Math.floor(memoryBytes * 0.45),
    timeMs: timeMs - graceMs / 2,
    filesMax,
  }
  let known = nothingYet(deep)
  const endedBy = (reason: UncheckedReason): CheckReport => {
    const seconds = Math.round(performance.now() - started) / 1000
    return { ...known, seconds, reason, verdict: known.findings.length > 0 ? 'findings' : 'unchecked' }
  }
  return await runThread<CheckWord, CheckReport>({
    file: join(import.meta.dirname, 'check/start-worker.mjs'),
    task,
    heapMib: Math.floor((memoryBytes * 0.4) / 1024 ** 2),
    ...{ timeMs, signal },
    onLimit: (limit) => endedBy(limit === 'time' ? 'TIME' : 'MEMORY'),
    onWord: (word, { answer, end, fail }) => {
      if ('progress' in word) return onProgress(word.progress)
      if ('trouble' in word) return onTrouble(word.trouble)
      if ('needsReader' in word)
        return void findReader().then((reader) => answer({ reader } satisfies ReaderAnswer), fail)
      known = word.report
      if (word.isWhole) end(known)
    },
  })
}

function nothingYet(isDeep: boolean): CheckReport {
  const counted = { files: 0, bytes: 0, seconds: 0, filesByPathOnly: 0, filesNotRead: 0, findingsBeyond: 0 }
  const counts = { critical: 0, high: 0, medium: 0, low: 0 }
  return { verdict: 'unchecked', reason: null, rulesVersion, isDeep, partitions: [], ...counted, findings: [], counts }
}
