import { statfs } from 'node:fs/promises'
import { StoreFull } from './errors'

/** Room is looked at again after this many bytes, so that a full disk is met before it is full. */
const lookAgainBytes = 64 * 2 ** 20
const reserveShare = 0.05

/** Where bytes go, and how many are kept free there: the larger of these and 5 %. */
export type Place = { folder: string; reserveMin: number }

/** Throws `StoreFull` where so many bytes more would cut into the reserve. */
export async function requireRoomIn({ folder, reserveMin }: Place, bytes: number): Promise<void> {
  const { bavail, blocks, bsize } = await statfs(folder)
  const reserve = Math.max(blocks * bsize * reserveShare, reserveMin)
  if (bavail * bsize - bytes < reserve) throw new StoreFull(`${folder} has no room for ${bytes} bytes.`)
}

/** Passes bytes on as long as there is room for them. */
export async function* whileRoom(place: Place, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let sinceLook = 0
  for await (const chunk of chunks) {
    sinceLook += chunk.length
    if (sinceLook >= lookAgainBytes) {
      await requireRoomIn(place, chunk.length)
      sinceLook = 0
    }
    yield chunk
  }
}
