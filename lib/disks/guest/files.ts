import type { Blocks } from './blocks'
import type { ArchiveType } from './file-systems/found'
import { createListing, type Listing } from './listing'
import { tellsOperatingSystem } from './operating-system'
import { partPath, type SevenZipRun } from './seven-zip'

/** A file that says what a system is called is a few lines. */
const fileBytesMax = 64 * 1024
/** 7-Zip found nothing wrong, or only something to warn of, as bytes behind the end of a small file system. */
const goodCodes: readonly number[] = [0, 1]

class ReadEnough extends Error {}

/** The files of one part of a disk, read by 7-Zip. */
export function filesOf(run: (run: SevenZipRun) => Promise<number>, part: Blocks, archive: ArchiveType) {
  const type = `-t${archive}`
  return {
    /** Counts the files, and finds the few that are to be read: null where 7-Zip cannot read this file system. */
    list: async (): Promise<Listing | null> => {
      const listing = createListing(tellsOperatingSystem)
      const code = await run({ part, args: ['l', '-slt', type, partPath], onOutput: listing.hear })
      return goodCodes.includes(code) ? listing.end() : null
    },
    /** Reads the beginning of a file as text: empty where there is none. */
    read: async (path: string): Promise<string> => {
      const chunks: Buffer[] = []
      let length = 0
      const onOutput = (bytes: Uint8Array) => {
        chunks.push(Buffer.from(bytes))
        length += bytes.length
        if (length > fileBytesMax) throw new ReadEnough()
      }
      // Without patterns and below the root only.
      await run({ part, args: ['x', '-so', '-spd', type, partPath, path], onOutput }).catch((error) => {
        if (!(error instanceof ReadEnough)) throw error
      })
      return Buffer.concat(chunks).toString('utf8', 0, fileBytesMax)
    },
  }
}
