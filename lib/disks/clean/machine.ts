import { join } from 'node:path'
import type { Reader } from '@/lib/machines/reader'
import type { GuestFileSystem } from '@/lib/machines/reader/guest'
import { NoRoom } from '../convert'
import { filesMax } from '../guest/listing'
import type { Slot } from '../guest/slot'
import { runThread } from '../thread'
import type { Filled } from './holes'
import type { CleanRefusal, Step } from './plan'

// File systems that only a kernel can change: in the throw-away machine that also reads them, which has no file, no network and
// of the disk that partition of the copy. A thread of its own serves the machine its disk, so that a copy that writes gigabytes
// does not keep the leases of others waiting.

export type MachineJob = {
  reader: Reader
  /** The unpacked disk, and the partition of it. */
  raw: string
  slot: Pick<Slot, 'start' | 'size'>
  partition: number
  kind: GuestFileSystem
  /** Where the unpacked disk is filled. */
  filled: Filled
  steps: readonly Step[]
  /** Whether temporary files go, too. */
  isReset: boolean
  signal: AbortSignal
  limits?: Partial<MachineLimits> | undefined
}

/** What the cleaning of one file system may take. The memory is what the thread makes in JavaScript. */
export type MachineLimits = { filesMax: number; heapMib: number; timeMs: number }

/** What the thread is told, and its one word. */
export type ChangeTask = Omit<MachineJob, 'signal' | 'limits'> & Pick<MachineLimits, 'filesMax'>
export type ChangeWord = { refusal: CleanRefusal | null } | { noRoom: string }

/** Each command has a bound of its own that is far below this; it ends a thread that does not keep to them. */
const defaultLimits: MachineLimits = { filesMax, heapMib: 160, timeMs: 4 * 60 * 60 * 1000 }

/**
 * Deletes, empties and locks files of a file system, and fills its free space with zeros, which what was deleted before lies
 * in. Refuses what the plan's files or the file system are not fit for, but leaves one as it is of which nothing was chosen where no
 * machine starts or the kernel refuses it; a full disk of the host throws `NoRoom`, an abort its reason. The machine ends with
 * it, whatever ends it.
 */
export async function cleanInMachine({ signal, limits, ...job }: MachineJob): Promise<CleanRefusal | null> {
  const { filesMax, heapMib, timeMs } = { ...defaultLimits, ...limits }
  const { partition } = job
  const word = await runThread<ChangeWord, ChangeWord>({
    file: join(import.meta.dirname, 'start-worker.mjs'),
    task: { ...job, filesMax } satisfies ChangeTask,
    ...{ heapMib, timeMs, signal },
    onWord: (word, { end }) => end(word),
    // Only the names of files grow with a disk.
    onLimit: (limit) => ({ refusal: { code: limit === 'time' ? 'OUT_OF_TIME' : 'TOO_MANY_FILES', partition } }),
  })
  if ('noRoom' in word) throw new NoRoom(word.noRoom)
  return word.refusal
}
