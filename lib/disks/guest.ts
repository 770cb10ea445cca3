import { join } from 'node:path'
import type { DiskLayout } from './layout'
import { runThread } from './thread'

/** A disk in one of our files, in the format that the inspector found, never the one that a user states. */
export type GuestFile = { path: string; format: 'qcow2' | 'raw' }

/** Limits for reading one disk. The memory is that of the thread; half of it is for 7-Zip. */
export type GuestLimits = { timeMs: number; memoryBytes: number }

export type Progress = { layout: DiskLayout; isWhole: boolean }
export type Task = GuestFile & { memoryBytesMax: number }

const defaultLimits: GuestLimits = { timeMs: 30_000, memoryBytes: 256 * 1024 ** 2 }
const nothingYet: DiskLayout = {
  table: 'none',
  size: 0,
  partitions: [],
  operatingSystem: null,
  bootMode: null,
  unread: null,
}

/**
 * Reads a disk's partitions, their file systems and the guest's name of its operating system, in its own thread. Mounts nothing and
 * executes nothing of the guest. If a limit is reached or the content is invalid, it returns what was read so far, with the cause in
 * `unread`; it throws only if the file cannot be read at all.
 */
export async function readGuest(file: GuestFile, limits: Partial<GuestLimits> = {}): Promise<DiskLayout> {
  const { timeMs, memoryBytes } = { ...defaultLimits, ...limits }
  const heapMib = Math.max(16, Math.floor(memoryBytes / 2 / 1024 ** 2))
  let layout = nothingYet
  return await runThread<Progress, DiskLayout>({
    file: join(import.meta.dirname, 'guest/start-worker.mjs'),
    task: { ...file, memoryBytesMax: Math.floor(memoryBytes / 2) } satisfies Task,
    ...{ heapMib, timeMs },
    onLimit: (limit) => ({ ...layout, unread: limit }),
    onWord: (heard, { end }) => {
      layout = heard.layout
      if (heard.isWhole) end(layout)
    },
  })
}
