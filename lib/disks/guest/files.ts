import type { Blocks } from './blocks'
import { type ArchiveType, type Bitmap, usedBytes } from './file-systems/found'
import { createListing, type Listing } from './listing'
import { tellsOperatingSystem } from './operating-system'
import { partPath, type SevenZipRun } from './seven-zip'

/** Upper bound of a file that names the operating system; it has a few lines. */
const fileBytesMax = 64 * 1024
/** 7-Zip found nothing wrong, or gave a warning only, such as for bytes behind the end of a small file system. */
const goodCodes: readonly number[] = [0, 1]

const onesIn = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length)

class ReadEnough extends Error {}

/** The files of one partition, read by 7-Zip. */
export function filesOf(run: (run: SevenZipRun) => Promise<number>, part: Blocks, archive: ArchiveType) {
  const type = `-t${archive}`
  // Names are taken literally (`-spd`) and begin at the root.
  const extract = async (path: string, bytesMax: number, onBytes: (bytes: Uint8Array) => void) => {
    let length = 0
    const onOutput = (bytes: Uint8Array) => {
      onBytes(bytes)
      length += bytes.length
      if (length >= bytesMax) throw new ReadEnough()
    }
    await run({ part, args: ['x', '-so', '-spd', type, partPath, path], onOutput }).catch((error) => {
      if (!(error instanceof ReadEnough)) throw error
    })
  }
  return {
    /** Counts the files and keeps the few that will be read; null if 7-Zip cannot read this file system. */
    list: async (): Promise<Listing | null> => {
      const listing = createListing(tellsOperatingSystem)
      const code = await run({ part, args: ['l', '-slt', type, partPath], onOutput: listing.hear })
      return goodCodes.includes(code) ? listing.end() : null
    },
    /** Reads the beginning of a file as text; empty if the file is missing. */
    read: async (path: string): Promise<string> => {
      const chunks: Buffer[] = []
      await extract(path, fileBytesMax, (bytes) => chunks.push(Buffer.from(bytes)))
      return Buffer.concat(chunks).toString('utf8', 0, fileBytesMax)
    },
    /** Bytes in use according to a bitmap file. */
    count: async ({ file, clusters, clusterBytes }: Bitmap): Promise<number | null> => {
      let left = clusters
      let used = 0
      await extract(file, Math.ceil(clusters / 8), (bytes) => {
        for (let at = 0; at < bytes.length && left > 0; at += 1, left -= 8) {
          const bits = (bytes[at] ?? 0) & (left < 8 ? 2 ** left - 1 : 0xff)
          used += onesIn[bits] ?? 0
        }
      })
      return left <= 0 ? usedBytes(used, 0, clusterBytes) : null
    },
  }
}
