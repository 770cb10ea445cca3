import 'server-only'
import { createHash } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { env } from '@/lib/env'
import { folderError, makeFolder, writeDurably } from './durable'
import { requireKey } from './key'
import { type Place, requireRoomIn, watchRoom, whileRoom } from './room'
import { readSource } from './source'

// Imports are received here, before inspection. A file belongs to the image whose id is the first part of its name, and is removed with
// it.

export type ReceiveOptions = {
  sizeMax: number
  signal?: AbortSignal | undefined
  onProgress?: ((done: number) => void) | undefined
}

export type StagedFile = { imageId: string; size: number; modifiedAt: Date }

/** The path of an image's file in the staging folder; its other files have an `ending`. */
export function stagedFile(imageId: string, ending?: string): string {
  return path.join(stagingPlace().folder, requireKey(ending ? `${imageId}.${ending}` : imageId))
}

/** Writes a stream as an image's staged file, hashing it. Refuses with `TooLarge` and `StoreFull`, leaving nothing. */
export async function receiveStaged(
  imageId: string,
  bytes: Readable,
  { sizeMax, signal, onProgress }: ReceiveOptions,
): Promise<{ size: number; sha256: string }> {
  const file = stagedFile(imageId)
  const place = stagingPlace()
  const source = readSource(bytes, { size: { atMost: sizeMax }, signal, onProgress })
  const hash = createHash('sha256')
  let size = 0
  async function* hashed() {
    for await (const chunk of source.chunks) {
      hash.update(chunk)
      size += chunk.length
      yield chunk
    }
  }
  try {
    await requireStagingRoom(0)
    await writeDurably(file, whileRoom(place, hashed()))
    return { size, sha256: hash.digest('hex') }
  } catch (error) {
    await rm(file, { force: true }).catch(() => {})
    throw source.failure() ?? folderError(error, place.folder)
  } finally {
    source.end()
  }
}

/** Removes all staged files of an image, or with `isKept` all but the received one. */
export async function discardStaged(imageId: string, { isKept = false } = {}): Promise<void> {
  const { folder } = stagingPlace()
  requireKey(imageId)
  for (const name of await names(folder)) {
    if (imageIdOf(name) !== imageId || (isKept && name === imageId)) continue
    await rm(path.join(folder, name), { force: true, recursive: true })
  }
}

/** All staged files and working folders; the size of a folder is not counted. */
export async function listStaged(): Promise<StagedFile[]> {
  const { folder } = stagingPlace()
  const found: StagedFile[] = []
  for (const name of await names(folder)) {
    const file = await stat(path.join(folder, name)).catch(() => null)
    if (file) found.push({ imageId: imageIdOf(name), size: file.size, modifiedAt: file.mtime })
  }
  return found
}

/** Throws `StoreFull` if this many more bytes would cut into the reserve of the staging folder, which it creates. */
export async function requireStagingRoom(bytes: number): Promise<void> {
  const place = stagingPlace()
  try {
    await makeFolder(place.folder)
    await requireRoomIn(place, bytes)
  } catch (error) {
    throw folderError(error, place.folder)
  }
}

/** `watchRoom` of the staging folder, for a tool that writes there. */
export function watchStagingRoom() {
  return watchRoom(stagingPlace())
}

/** The staging folder and its reserve. */
export function stagingPlace(): Place {
  const { ECS_STAGING_DIR, ECS_DATA_DIR, ECS_STORE_RESERVE } = env()
  return { folder: ECS_STAGING_DIR ?? path.join(ECS_DATA_DIR, 'staging'), reserveMin: ECS_STORE_RESERVE }
}

function imageIdOf(name: string): string {
  return name.split('.', 1)[0] ?? name
}

async function names(folder: string): Promise<string[]> {
  return await readdir(folder).catch((error) => {
    if (isErrnoCode(error, 'ENOENT')) return []
    throw folderError(error, folder)
  })
}
