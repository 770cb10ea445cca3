import { join } from 'node:path'
import type { DiskLayout } from './layout'
import { runThread } from './thread'

/** A disk in a file of ours. The format is the one that the inspector has found, never what somebody says. */
export type GuestFile = { path: string; format: 'qcow2' | 'raw' }

/** What the reading of one disk may take. The memory is that of its thread, half of it for what 7-Zip takes. */
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
 * Reads the partitions of a disk, their file systems, and what the guest calls itself: in a thread of its own, without
 * mounting anything and without running anything of the guest's. A limit that is hit, and content that makes no sense, give
 * what was read so far and say so in `unread`; only a file that cannot be read at all makes it throw.
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
