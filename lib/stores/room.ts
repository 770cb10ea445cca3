import { stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { isErrnoCode } from '@/lib/embedded/data-folder'
import { StoreFull } from './errors'

const reserveShare = 0.05
/** The interval of checking free space while another program writes. A disk takes some 100 MiB meanwhile. */
const watchMs = 100

/** Where bytes go, and how many are kept free there: the larger of these and 5 %. */
export type Place = { folder: string; reserveMin: number }

/** The bytes that fit beside the reserve; negative if it is cut into. */
export async function freeIn({ folder, reserveMin }: Place): Promise<number> {
  const { bavail, blocks, bsize } = await statfs(await nearestFolder(folder))
  return bavail * bsize - Math.max(blocks * bsize * reserveShare, reserveMin)
}

/** Whether the free space beyond the reserve is less than the reserve itself. */
export async function isNearlyFull(place: Place): Promise<boolean> {
  const { bavail, blocks, bsize } = await statfs(await nearestFolder(place.folder))
  return bavail * bsize < 2 * Math.max(blocks * bsize * reserveShare, place.reserveMin)
}

/** The file system of a place, by the number that this machine gives it. Places on one share its room. */
export async function fileSystemOf({ folder }: Place): Promise<number> {
  return (await stat(/* turbopackIgnore: true */ await nearestFolder(folder))).dev
}

/** Throws `StoreFull` if this many more bytes would cut into the reserve. */
export async function requireRoomIn(place: Place, bytes: number): Promise<void> {
  if ((await freeIn(place)) < bytes) throw new StoreFull(`${place.folder} has no room for ${bytes} bytes.`)
}

/** Passes bytes on as long as there is room for them, which is looked at for each. */
export async function* whileRoom(place: Place, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  for await (const chunk of chunks) {
    await requireRoomIn(place, chunk.length)
    yield chunk
  }
}

/** Aborts with `StoreFull` when a place has no room left, until it is ended: for a tool that writes there and does not look. */
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
