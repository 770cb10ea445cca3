import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { NotStored, WrongSize } from '@/lib/stores/errors'
import { requireRoomIn } from '@/lib/stores/room'
import { storeOf } from '@/lib/stores/store'
import type { MachineBase } from './machine'

/** Where the bytes of an image lie on this host, or would. In a folder store that is where they are kept. */
export function baseFile(cacheFolder: string, { regionId, key }: MachineBase): string {
  const { local } = storeOf(regionId)
  return local ? path.join(local.folder, key) : path.join(cacheFolder, regionId, key)
}

/**
 * Brings the bytes of an image to this host, once for all machines that start from it, and compares them with their
 * checksum on the way. Throws the errors of stores.
 */
export async function fetchBase(
  cacheFolder: string,
  base: MachineBase,
  reserveMin: number,
  signal?: AbortSignal,
): Promise<void> {
  const file = baseFile(cacheFolder, base)
  if ((await sizeOf(file)) === base.size) return
  const store = storeOf(base.regionId)
  if (store.local) throw new NotStored(base.key)
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await requireRoomIn({ folder: cacheFolder, reserveMin }, base.size)
  const part = `${file}.part`
  try {
    const hash = createHash('sha256')
    const hashing = new Transform({
      transform(chunk, _encoding, done) {
        hash.update(chunk)
        done(null, chunk)
      },
    })
    await pipeline(await store.read(base.key), hashing, createWriteStream(part, { mode: 0o600, flush: true }), {
      signal,
    })
    const arrived = await sizeOf(part)
    if (arrived !== base.size) throw new WrongSize(arrived ?? 0, base.size)
    if (hash.digest('hex') !== base.sha256) throw new Error(`${base.key} is not what its checksum says.`)
    await rename(part, file)
  } catch (error) {
    await rm(part, { force: true })
    throw error
  }
}

/** Removes what is in the cache and none of these, a part of a download that died included. */
export async function keepBases(cacheFolder: string, bases: { regionId: string; key: string }[]): Promise<void> {
  const kept = new Set(bases.map(({ regionId, key }) => path.join(regionId, key)))
  const files = await readdir(cacheFolder, { recursive: true, withFileTypes: true }).catch(() => [])
  for (const file of files) {
    const name = path.relative(cacheFolder, path.join(file.parentPath, file.name))
    if (file.isFile() && !kept.has(name.replace(/\.part$/, ''))) await rm(path.join(cacheFolder, name), { force: true })
  }
}

async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size
  } catch (error) {
    if (isErrnoCode(error, 'ENOENT')) return null
    throw error
  }
}
