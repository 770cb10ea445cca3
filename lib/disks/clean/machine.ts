import { join } from 'node:path'
import type { Reader } from '@/lib/machines/reader'
import type { GuestFileSystem } from '@/lib/machines/reader/guest'
import { NoRoom } from '../convert'
import { filesMax } from '../guest/listing'
import type { Slot } from '../guest/slot'
import { runThread } from '../thread'
import type { Filled } from './holes'
import type { CleanRefusal, Step } from './plan'

// Cleans file systems that only a kernel can change, in the disposable machine that also reads them. It has no files, no network, and
// only that partition of the copy as its disk. Its own thread serves the disk, so that writing gigabytes does not delay the renewal of
// leases.

export type MachineJob = {
  reader: Reader
  /** The unpacked disk, and the partition in it. */
  raw: string
  slot: Pick<Slot, 'start' | 'size'>
  partition: number
  kind: GuestFileSystem
  /** Data ranges of the unpacked disk. */
  filled: Filled
  steps: readonly Step[]
  /** Whether to delete temporary files too. */
  isReset: boolean
  signal: AbortSignal
  limits?: Partial<MachineLimits> | undefined
}

/** Limits for one file system. The memory is the thread's JavaScript heap. */
export type MachineLimits = { filesMax: number; heapMib: number; timeMs: number }

/** The thread's input and its only message. */
export type ChangeTask = Omit<MachineJob, 'signal' | 'limits'> & Pick<MachineLimits, 'filesMax'>
export type ChangeWord = { refusal: CleanRefusal | null } | { noRoom: string }

/** Each command has its own, much lower limit; this ends a thread that ignores them. */
const defaultLimits: MachineLimits = { filesMax, heapMib: 160, timeMs: 4 * 60 * 60 * 1000 }

/**
 * Deletes, empties and locks files of a file system, and zeroes its free space, which holds data deleted earlier. Refuses files or a
 * file system that it cannot clean. Without chosen files, the file system is skipped if no machine starts or the kernel cannot mount
 * it. A full host file system throws `NoRoom`, an abort its reason. The machine ends with the call in any case.
 */
export async function cleanInMachine({ signal, limits, ...job }: MachineJob): Promise<CleanRefusal | null> {
  const { filesMax, heapMib, timeMs } = { ...defaultLimits, ...limits }
  const { partition } = job
  const word = await runThread<ChangeWord, ChangeWord>({
    file: join(import.meta.dirname, 'start-worker.mjs'),
    task: { ...job, filesMax } satisfies ChangeTask,
    ...{ heapMib, timeMs, signal },
    onWord: (word, { end }) => end(word),
    // Only the file names grow with the disk.
    onLimit: (limit) => ({ refusal: { code: limit === 'time' ? 'OUT_OF_TIME' : 'TOO_MANY_FILES', partition } }),
  })
  if ('noRoom' in word) throw new NoRoom(word.noRoom)
  return word.refusal
}
