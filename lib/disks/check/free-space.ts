import { type Blocks, readPadded } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import { partPath } from '../guest/seven-zip'
import type { Run } from './file-list'

/** A piece of a volume, in bytes. */
export type Range = { start: number; end: number }

/** A larger map is not read: 2 TiB in clusters of 16 KiB. */
const mapBytesMax = 16 * 1024 ** 2

/**
 * The pieces of a volume that no file and nothing of the file system's own uses, by its own map: null where there is no map
 * that can be read here. A file system that only ever is written once has no free space, and so no map.
 */
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

// Names and places of fields: https://docs.kernel.org/filesystems/ext4/
function* freeInExt(part: Blocks): Generator<Range> {
  const superBlock = readPadded(part, 1024, 1024)
  const blockBytes = 2 ** (10 + superBlock.readUInt32LE(24))
  const first = superBlock.readUInt32LE(20)
  const perGroup = superBlock.readUInt32LE(32)
  const incompatible = superBlock.readUInt32LE(96)
  const is64 = (incompatible & 0x80) !== 0
  const blocks = superBlock.readUInt32LE(4) + (is64 ? superBlock.readUInt32LE(336) * 2 ** 32 : 0)
  const descriptorBytes = is64 ? Math.max(64, superBlock.readUInt16LE(254)) : 32
  const areScattered = (incompatible & 0x10) !== 0
  if (areScattered || perGroup === 0 || perGroup > blockBytes * 8 || blocks * blockBytes > part.size) return
  for (let group = 0; first + group * perGroup < blocks; group += 1) {
    const descriptor = readPadded(part, (first + 1) * blockBytes + group * descriptorBytes, 64)
    const start = first + group * perGroup
    const count = Math.min(perGroup, blocks - start)
    const isUnused = (descriptor.readUInt16LE(18) & 2) !== 0
    const mapAt = descriptor.readUInt32LE(0) + (is64 ? descriptor.readUInt32LE(32) * 2 ** 32 : 0)
    const map = isUnused ? Buffer.alloc(blockBytes) : readPadded(part, mapAt * blockBytes, blockBytes)
    yield* clearBits(map, { count, at: start * blockBytes, unit: blockBytes })
  }
}

function* freeInFat(part: Blocks): Generator<Range> {
  const boot = readPadded(part, 0, 512)
  const sector = boot.readUInt16LE(11)
  const cluster = sector * boot.readUInt8(13)
  const fatSectors = boot.readUInt16LE(22) || boot.readUInt32LE(36)
  const rootBytes = Math.ceil((boot.readUInt16LE(17) * 32) / Math.max(1, sector)) * sector
  const fatAt = boot.readUInt16LE(14) * sector
  const dataAt = fatAt + boot.readUInt8(16) * fatSectors * sector + rootBytes
  if (cluster === 0 || dataAt >= part.size) return
  const clusters = Math.floor((part.size - dataAt) / cluster)
  const bits = clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32
  const fat = readWhole(part, fatAt, Math.ceil(((clusters + 2) * bits) / 8) + 4)
  if (!fat) return
  for (let index = 0; index < clusters; index += 1) {
    const entry = fat.readUInt32LE(Math.floor(((index + 2) * bits) / 8))
    const value =
      bits === 12 ? (entry >>> (index % 2 === 0 ? 0 : 4)) & 0xfff : entry & (bits === 16 ? 0xffff : 0x0fffffff)
    if (value === 0) yield { start: dataAt + index * cluster, end: dataAt + (index + 1) * cluster }
  }
}

/** In pieces, since one read gives no more than its bound. */
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

/** Runs of bits that are not set, as pieces of so many bytes for each bit. */
function* clearBits(map: Buffer, { count, at, unit }: { count: number; at: number; unit: number }): Generator<Range> {
  let start = -1
  for (let bit = 0; bit <= count; bit += 1) {
    const isFree = bit < count && ((map[bit >> 3] ?? 0xff) & (1 << (bit & 7))) === 0
    if (isFree && start < 0) start = bit
    if (!isFree && start >= 0) {
      yield { start: at + start * unit, end: at + bit * unit }
      start = -1
    }
  }
}
