import { mkdir, open, rename } from 'node:fs/promises'
import path from 'node:path'
import { StoreFull, StoreUnreachable } from './errors'

/** Sync while writing, not only at the end: that takes a third less time for 1 GiB. */
const syncBytes = 32 * 2 ** 20

/** Writes a file durably, readable by its owner only. Replaces an existing one. */
export async function writeDurably(file: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  let syncing = Promise.resolve()
  let sinceSync = 0
  try {
    for await (const chunk of chunks) {
      for (let done = 0; done < chunk.length; ) done += (await handle.write(chunk, done)).bytesWritten
      sinceSync += chunk.length
      if (sinceSync < syncBytes) continue
      await syncing
      sinceSync = 0
      syncing = handle.datasync()
      // It is awaited above or below; this avoids an unhandled rejection until then.
      syncing.catch(() => {})
    }
    await syncing
    await handle.sync()
  } finally {
    await syncing.catch(() => {})
    await handle.close()
  }
}

/** Renames a file durably. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncFolder(path.dirname(to))
}

/** Creates a folder and its parents durably, accessible to their owner only. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) await syncFolder(path.dirname(made))
}

/** Makes a new name in a folder durable; otherwise a power cut could lose a file that the database already refers to. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}

const full = ['ENOSPC', 'EDQUOT']
/** Errors of a missing or inaccessible folder, or of a broken or missing disk. */
const unreachable = [
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
  'EACCES',
  'EPERM',
  'EROFS',
  'EIO',
  'ESTALE',
  'ENXIO',
  'ENODEV',
  'ENOTCONN',
]
const unreachableNetwork = ['ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH', 'ECONNREFUSED', 'ECONNRESET', 'EREMOTEIO']

const advice: Record<string, string> = {
  ENOENT: 'Check that it is there and mounted.',
  ENOTDIR: 'Check that it is a folder.',
  EEXIST: 'Check that it is a folder.',
  EACCES: 'Check who owns it and what the user of the console may do there.',
  EPERM: 'Check who owns it and what the user of the console may do there.',
  EROFS: 'It is mounted for reading only; look into the log of the kernel.',
}

/** Translates a file system error of a store's folder; returns any other error unchanged. */
export function folderError(error: unknown, folder: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (full.includes(code)) return new StoreFull(`${folder} is full.`, { cause: error })
  if (unreachable.includes(code) || unreachableNetwork.includes(code)) {
    const toCheck = advice[code] ?? 'Check the disk or the server that it is mounted from.'
    return new StoreUnreachable(`${folder} cannot be read or written: ${code}. ${toCheck}`, { cause: error })
  }
  return error
}
