import { type Blocks, readPadded } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import { partPath } from '../guest/seven-zip'
import { clearBits, type Range } from './clear-bits'
import type { Run } from './file-list'
import { freeInExt } from './free-ext'

/** A larger bitmap is not read. This one covers 2 TiB in clusters of 16 KiB. */
const mapBytesMax = 16 * 1024 ** 2

/** The free ranges of a volume by its own bitmap; null if it has none that can be read here. */
export async function freeSpaceOf(part: Blocks, found: FoundFileSystem, run: Run): Promise<Iterable<Range> | null> {
  if (found.archive === 'Ext') return freeInExt(part)
  if (found.archive === 'FAT') return freeInFat(part)
  if (found.archive === 'NTFS' && found.bitmap) {
    const { file, clusters, clusterBytes } = found.bitmap
    const map = await readMap(part, run, { file, bytes: Math.ceil(clusters / 8) })
    return map && clearBits(map, { count: clusters, at: 0, unit: clusterBytes })
  }
  return null
}

/** Whether a clean copy zeroes the free ranges of such a volume. It does for those whose bitmap is read without 7-Zip. */
export function isZeroed({ archive }: FoundFileSystem): boolean {
  return archive === 'Ext' || archive === 'FAT'
}

function freeInFat(part: Blocks): Iterable<Range> | null {
  const boot = readPadded(part, 0, 512)
  const sector = boot.readUInt16LE(11)
  const cluster = sector * boot.readUInt8(13)
  const fatSectors = boot.readUInt16LE(22) || boot.readUInt32LE(36)
  const rootBytes = Math.ceil((boot.readUInt16LE(17) * 32) / Math.max(1, sector)) * sector
  const fatAt = boot.readUInt16LE(14) * sector
  const dataAt = fatAt + boot.readUInt8(16) * fatSectors * sector + rootBytes
  // If the partition is longer than the file system, only the file system counts; its table covers no more.
  const end = Math.min(part.size, (boot.readUInt16LE(19) || boot.readUInt32LE(32)) * sector)
  if (cluster === 0 || dataAt >= end) return null
  const clusters = Math.floor((end - dataAt) / cluster)
  const bits = clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32
  const fat = readWhole(part, fatAt, Math.ceil(((clusters + 2) * bits) / 8) + 4)
  return fat && freeClusters(fat, { clusters, bits, dataAt, cluster })
}

type FatShape = { clusters: number; bits: number; dataAt: number; cluster: number }

function* freeClusters(fat: Buffer, { clusters, bits, dataAt, cluster }: FatShape): Generator<Range> {
  for (let index = 0; index < clusters; index += 1) {
    const entry = fat.readUInt32LE(Math.floor(((index + 2) * bits) / 8))
    const value =
      bits === 12 ? (entry >>> (index % 2 === 0 ? 0 : 4)) & 0xfff : entry & (bits === 16 ? 0xffff : 0x0fffffff)
    if (value === 0) yield { start: dataAt + index * cluster, end: dataAt + (index + 1) * cluster }
  }
}

/** A single read returns at most `readBytesMax`. */
function readWhole(part: Blocks, at: number, length: number): Buffer | null {
  if (length > mapBytesMax) return null
  const into = Buffer.alloc(length)
  for (let done = 0; done < length; ) {
    const bytes = part.readInto(into.subarray(done), at + done)
    if (bytes === 0) break
    done += bytes
  }
  return into
}

async function readMap(
  part: Blocks,
  run: Run,
  { file, bytes }: { file: string; bytes: number },
): Promise<Buffer | null> {
  if (bytes > mapBytesMax) return null
  const map = Buffer.alloc(bytes, 0xff)
  let done = 0
  const onOutput = (piece: Uint8Array) => {
    map.set(piece.subarray(0, bytes - done), done)
    done += Math.min(piece.length, bytes - done)
  }
  await run({ part, args: ['x', '-so', '-spd', '-tNTFS', partPath, file], onOutput })
  return done === bytes ? map : null
}
