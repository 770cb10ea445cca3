import { inflateRawSync } from 'node:zlib'
import { type Blocks, makeBlocks, UnreadableBlocks } from './blocks'

// Field names and offsets: QEMU's docs/interop/qcow2.txt. All numbers are big endian.
const headerBytes = 112
const clusterBitsMin = 9
const clusterBitsMax = 21
const compressionType = 8n
/** Incompatible features that can be read here: not closed cleanly, marked corrupt, compression type. */
const knownFeatures = 1n | 2n | compressionType
/** The inspector's bound: enough for 2 TiB in clusters of 4 KiB. */
const l1BytesMax = 8 * 1024 ** 2
/** Size in bytes of each cache, of tables and of inflated clusters, which hold at least two entries. */
const cacheBytesMax = 4 * 1024 ** 2

const twoTo32 = 2 ** 32
const placeHigh = 0x00ffffff
const placeLow = 0xfffffe00
const isCompressedBit = 0x40000000

type Header = { clusterSize: number; virtualSize: number; isDeflate: boolean; l1: Buffer }
/** Location of a cluster: in the file, plain or deflated; null reads as zeros. */
type Place = { at: number; packedBytes: number | null } | null

/** The guest's view of a qcow2 file. Throws `UnreadableBlocks`; reads stay inside the file, and memory is bounded. */
export function openQcow2(file: Blocks): Blocks {
  const header = readHeader(file)
  const { clusterSize, virtualSize } = header
  const cacheMax = Math.max(2, Math.floor(cacheBytesMax / clusterSize))
  const tables = keepLast(cacheMax, (at) => readTable(file, at, clusterSize))
  const inflated = keepLast(cacheMax, (cluster) => inflate(file, header, placeOf(file, header, tables, cluster)))

  const fillCluster = (into: Uint8Array, cluster: number, skip: number) => {
    const place = placeOf(file, header, tables, cluster)
    if (!place) return into.fill(0)
    if (place.packedBytes !== null) return into.set(inflated(cluster).subarray(skip, skip + into.length))
    // A file may end within its last cluster; the rest reads as zeros.
    return into.fill(0, file.readInto(into, place.at + skip))
  }

  const fill = (into: Uint8Array, offset: number) => {
    for (let done = 0; done < into.length; ) {
      const skip = (offset + done) % clusterSize
      const next = Math.min(into.length, done - skip + clusterSize)
      fillCluster(into.subarray(done, next), (offset + done - skip) / clusterSize, skip)
      done = next
    }
    return into.length
  }
  return makeBlocks(virtualSize, fill, (offset) => skipHole(file, header, tables, offset))
}

/** Skips unallocated clusters, a whole table at a time. */
function skipHole(file: Blocks, header: Header, tables: (at: number) => Buffer, offset: number): number {
  const { clusterSize, virtualSize, l1 } = header
  const perTable = clusterSize / 8
  for (let at = offset; at < virtualSize; ) {
    const cluster = Math.floor(at / clusterSize)
    const entry = Math.floor(cluster / perTable) * 8
    const hasTable = placeIn(l1.readUInt32BE(entry), l1.readUInt32BE(entry + 4)) !== 0
    if (hasTable && placeOf(file, header, tables, cluster)) return at
    at = hasTable ? (cluster + 1) * clusterSize : (Math.floor(cluster / perTable) + 1) * perTable * clusterSize
  }
  return virtualSize
}

function readHeader(file: Blocks): Header {
  const head = file.read(0, headerBytes)
  if (head.length < headerBytes || head.toString('latin1', 0, 4) !== 'QFI\xfb') throw new UnreadableBlocks('damaged')
  const version = head.readUInt32BE(4)
  const features = version === 3 ? head.readBigUInt64BE(72) : 0n
  const clusterBits = head.readUInt32BE(20)
  const isWhole = head.readBigUInt64BE(8) === 0n && head.readUInt32BE(32) === 0
  if ((version !== 2 && version !== 3) || !isWhole || features & ~knownFeatures) throw new UnreadableBlocks('format')
  if (clusterBits < clusterBitsMin || clusterBits > clusterBitsMax) throw new UnreadableBlocks('format')
  const clusterSize = 2 ** clusterBits
  const virtualSize = exact(head.readBigUInt64BE(24))
  const l1Bytes = Math.ceil(virtualSize / (clusterSize * (clusterSize / 8))) * 8
  const l1At = exact(head.readBigUInt64BE(40))
  if (l1Bytes > head.readUInt32BE(36) * 8 || l1Bytes > l1BytesMax) throw new UnreadableBlocks('damaged')
  const isDeflate = !(features & compressionType) || head.readUInt8(104) === 0
  return { clusterSize, virtualSize, isDeflate, l1: readWhole(file, l1At, l1Bytes) }
}

function placeOf(file: Blocks, header: Header, tables: (at: number) => Buffer, cluster: number): Place {
  const perTable = header.clusterSize / 8
  const l1Entry = Math.floor(cluster / perTable) * 8
  const tableAt = placeIn(header.l1.readUInt32BE(l1Entry), header.l1.readUInt32BE(l1Entry + 4))
  if (tableAt === 0) return null
  const table = tables(tableAt)
  const entry = (cluster % perTable) * 8
  const high = table.readUInt32BE(entry)
  const low = table.readUInt32BE(entry + 4)
  if (high & isCompressedBit) return packedPlace(high, low, header.clusterSize)
  const at = placeIn(high, low)
  // Bit 0 means that the cluster reads as zeros, with or without an offset.
  if (at === 0 || low & 1) return null
  if (at >= file.size || at % header.clusterSize !== 0) throw new UnreadableBlocks('damaged')
  return { at, packedBytes: null }
}

// Two words instead of a BigInt, which is much slower. Above 2^53 the sum is inexact, but far outside any file.
function placeIn(high: number, low: number): number {
  return (high & placeHigh) * twoTo32 + ((low & placeLow) >>> 0)
}

// From the lowest bit: the offset in bytes, then how many further 512-byte sectors the compressed cluster touches.
function packedPlace(high: number, low: number, clusterSize: number): Place {
  const sectorBits = Math.log2(clusterSize) - 8
  const placeBits = 62 - sectorBits - 32
  const at = (high & (2 ** placeBits - 1)) * twoTo32 + low
  const sectors = ((high >>> placeBits) & (2 ** sectorBits - 1)) + 1
  return { at, packedBytes: sectors * 512 - (at % 512) }
}

function inflate(file: Blocks, { clusterSize, isDeflate }: Header, place: Place): Buffer {
  if (!place?.packedBytes) throw new UnreadableBlocks('damaged')
  if (!isDeflate) throw new UnreadableBlocks('format')
  // Deflate hardly expands a cluster; only an invalid table says more.
  const packed = file.read(place.at, Math.min(place.packedBytes, clusterSize + 4096))
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: clusterSize })
    if (bytes.length === clusterSize) return bytes
  } catch {
    // Handled below like a cluster that inflates to too little.
  }
  throw new UnreadableBlocks('damaged')
}

function readTable(file: Blocks, at: number, clusterSize: number): Buffer {
  if (at % clusterSize !== 0) throw new UnreadableBlocks('damaged')
  return readWhole(file, at, clusterSize)
}

// A single read returns at most `readBytesMax`.
function readWhole(file: Blocks, at: number, length: number): Buffer {
  if (at + length > file.size) throw new UnreadableBlocks('damaged')
  const into = Buffer.allocUnsafe(length)
  for (let done = 0; done < length; ) {
    const bytes = file.read(at + done, length - done)
    if (bytes.length === 0) throw new UnreadableBlocks('damaged')
    done += bytes.copy(into, done)
  }
  return into
}

function exact(field: bigint): number {
  if (field > BigInt(Number.MAX_SAFE_INTEGER)) throw new UnreadableBlocks('damaged')
  return Number(field)
}

/** Caches the results of the last `countMax` keys, least recently used first out. */
function keepLast(countMax: number, make: (key: number) => Buffer): (key: number) => Buffer {
  const kept = new Map<number, Buffer>()
  return (key) => {
    const known = kept.get(key)
    const value = known ?? make(key)
    kept.delete(key)
    kept.set(key, value)
    for (const [oldest] of kept) {
      if (kept.size <= countMax) break
      kept.delete(oldest)
    }
    return value
  }
}
