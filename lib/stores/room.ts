import { stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { StoreFull } from './errors'

const reserveShare = 0.05
/** Interval of checking free space while another program writes. A disk takes about 100 MiB in that time. */
const watchMs = 100

/** A folder, and the bytes to keep free there: the larger of `reserveMin` and 5 %. */
export type Place = { folder: string; reserveMin: number }

/** Free bytes beyond the reserve; negative if less than the reserve is free. */
export async function freeIn({ folder, reserveMin }: Place): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(await nearestFolder(folder))
  return bavail * bsize - Math.max(blocks * bsize * reserveShare, reserveMin)
}

/** Whether the free space beyond the reserve is less than the reserve itself. */
export async function isNearlyFull(place: Place): Promise<boolean> {
  const { bavail, blocks, bsize } = await statfs(await nearestFolder(place.folder))
  return bavail * bsize < 2 * Math.max(blocks * bsize * reserveShare, place.reserveMin)
}

/** Device number of a place's file system. Places with the same number share free space. */
export async function fileSystemOf({ folder }: Place): Promise<number> {
  return (await stat(/* turbopackIgnore: true */ await nearestFolder(folder))).dev
}

/** Throws `StoreFull` if this many more bytes would cut into the reserve. */
export async function requireRoomIn(place: Place, bytes: number): Promise<void> {
  if ((await freeIn(place)) < bytes) throw new StoreFull(`${place.folder} has no room for ${bytes} bytes.`)
}

/** Passes bytes on while there is room for them, which is checked for each chunk. */
export async function* whileRoom(place: Place, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of chunks) {
    await requireRoomIn(place, chunk.length)
    yield chunk
  }
}

/** Aborts with `StoreFull` as soon as a place has no room left, until `end` is called: for a tool that writes there without checking. */
export function watchRoom(place: Place): { signal: AbortSignal; end: () => void } {
  const full = new AbortController()
  const timer = setInterval(() => requireRoomIn(place, 0).catch((error) => full.abort(error)), watchMs)
  return { signal: full.signal, end: () => clearInterval(timer) }
}

async function nearestFolder(folder: string): Promise<string> {
  for (let nearest = path.resolve(folder); ; nearest = path.dirname(nearest)) {
    const isMissing = await stat(nearest).then(
      () => false,
      (error) => isErrnoCode(error, 'ENOENT'),
    )
    if (!isMissing || nearest === path.dirname(nearest)) return nearest
  }
}
