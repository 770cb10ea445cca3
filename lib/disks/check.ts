import { join } from 'node:path'
import type { Reader } from '@/lib/machines/reader'
import { rulesVersion } from './check/path-rules'
import type { CheckProgress, CheckReport, UncheckedReason } from './check/report'
import type { GuestFile } from './guest'
import { filesMax } from './guest/listing'
import { runThread } from './thread'

export type CheckOptions = {
  /** Also searches what lies in no file: deleted data, and what is between partitions. */
  deep: boolean
  /** Ends the check; it throws the signal's reason. */
  signal: AbortSignal
  onProgress: (progress: CheckProgress) => void
  /** How a machine is started that reads what 7-Zip cannot; asked for by the first disk that needs it. Without it there is none. */
  findReader?: () => Promise<Reader | null>
  /** Hears why that machine did not start. */
  onTrouble?: (message: string) => void
  limits?: Partial<CheckLimits>
}

/** The memory is what the thread takes above the process without it, the files those of one file system. */
export type CheckLimits = { timeMs: number; memoryBytes: number; filesMax: number }

/** What the thread is told, and what it says. */
export type CheckTask = GuestFile & { deep: boolean; memoryBytesMax: number; timeMs: number; filesMax: number }
export type CheckWord =
  | { progress: CheckProgress }
  | { report: CheckReport; isWhole: boolean }
  | { needsReader: true }
  | { trouble: string }
/** What it hears to `needsReader`. */
export type ReaderAnswer = { reader: Reader | null }

const defaultLimits: CheckLimits = { timeMs: 120_000, memoryBytes: 300 * 1024 ** 2, filesMax }
/** The thread ends itself when its time is over; so much later it is ended. */
const graceMs = 2_000

/**
 * Looks through the files of a disk for secrets and for what ties it to its owner, in a thread of its own, without mounting
 * or running anything, and without writing anywhere. The same bytes always get the same findings.
 *
 * It always answers: a limit that is hit, and content that makes no sense, give what was found so far and the `reason`. It
 * throws only if the file cannot be opened, or the signal ends it. No value of a secret leaves the thread.
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
