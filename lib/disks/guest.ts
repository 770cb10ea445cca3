import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { DiskLayout } from './layout'

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
  const worker = new Worker(join(import.meta.dirname, 'guest/start-worker.mjs'), {
    workerData: { ...file, memoryBytesMax: Math.floor(memoryBytes / 2) },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: heapMib, maxYoungGenerationSizeMb: 16 },
  })
  let layout = nothingYet
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<DiskLayout>((resolve, reject) => {
      timer = setTimeout(() => resolve({ ...layout, unread: 'time' }), timeMs)
      worker.on('message', (heard: Progress) => {
        layout = heard.layout
        if (heard.isWhole) resolve(layout)
      })
      worker.on('error', (error) => {
        if (isOutOfMemory(error)) resolve({ ...layout, unread: 'memory' })
        else reject(error)
      })
      worker.on('exit', (code) => reject(new Error(`The thread that reads a guest ended early, with code ${code}.`)))
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}
