import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import { exactNumber } from './format'
import {
  misplaced,
  overlaps,
  PlaceCount,
  rangeOf,
  refuseSpan,
  type Span,
  sharersMax,
  tooLarge,
  writtenAnew,
} from './tables'

/** Location of the tables according to the header. Sizes are validated, offsets are not yet. */
export type TableLayout = {
  clusterSize: number
  /** With extended L2, an entry has a second word with two bits for each subcluster. */
  entryBytes: 8 | 16
  virtualSize: number
  l1: { at: bigint; entries: number }
  refcounts: { at: bigint; clusters: number; bits: number }
  bitmaps: { at: bigint; bytes: bigint } | null
}

/** Enough for the L1 table of 2 TiB in clusters of 4 KiB. QEMU accepts up to 32 MiB. */
const tableBytesMax = 8 * 1024 ** 2
/** Covers 1 TiB in default clusters and takes a fraction of a second. Tables beyond it count as full. */
const l2TablesMax = 2048
const l2BytesMax = 128 * 1024 ** 2
/** Maximum ratio of disk to file. Deflate reaches about 1000:1 on a single repeated byte, which no real disk consists of. */
const amplificationMax = 1000

const twoTo32 = 2 ** 32
/** Offset bits of an L1 entry and a standard L2 entry: 32 to 55 in the high word, 9 to 31 in the low word. */
const placeHigh = 0x00ffffff
const placeLow = 0xfffffe00

/** The bytes that the tables allocate, or a refusal. The constants above bound what is read, whatever the file says. */
export async function readAllocated(reader: ByteReader, layout: TableLayout): Promise<number | DiskRefusal> {
  const refusal = refuseSpans(reader.size, layout)
  if (refusal) return refusal
  const tables = await readL1(reader, layout)
  if (!(tables instanceof Float64Array)) return tables
  const isPast = await countsPastEnd(reader, layout)
  if (typeof isPast !== 'boolean') return isPast
  const allocated = await countL2(reader, layout, tables)
  // Not all tables were read, so nobody knows whether an L2 table points to the counted clusters.
  const mayBeCut = isPast && tables.length > tablesRead(layout)
  return typeof allocated === 'number' && mayBeCut ? refuseDisk('truncated') : allocated
}

function refuseSpans(size: number, layout: TableLayout): DiskRefusal | null {
  const { clusterSize, entryBytes, virtualSize, bitmaps } = layout
  const l1 = l1Span(layout)
  const refcounts = refcountsSpan(layout)
  const entriesMin = Math.ceil(virtualSize / (clusterSize * (clusterSize / entryBytes)))
  if (layout.l1.entries < entriesMin) return refuseDisk('table-too-small', { table: 'l1' })
  if (refcounts.bytes === 0) return refuseDisk('table-too-small', { table: 'refcounts' })
  const spans = [l1, refcounts]
  if (bitmaps) spans.push({ table: 'bitmaps', at: bitmaps.at, bytes: Number(bitmaps.bytes) })
  for (const span of spans) {
    const refusal = refuseSpan(span, { size, alignment: clusterSize, bytesMax: tableBytesMax })
    if (refusal) return refusal
  }
  return overlaps(rangeOf(l1), rangeOf(refcounts)) ? misplaced('l1') : null
}

/** The offsets of all L2 tables in ascending order, or a refusal. */
async function readL1(reader: ByteReader, layout: TableLayout): Promise<Float64Array | DiskRefusal> {
  const { at, bytes } = l1Span(layout)
  const l1 = await readWhole(reader, Number(at), bytes)
  if (!l1) return refuseDisk('table-outside-file', { table: 'l1' })
  const taken = [rangeOf(l1Span(layout)), rangeOf(refcountsSpan(layout))]
  const places = new Float64Array(layout.l1.entries)
  let count = 0
  for (let entry = 0; entry < l1.length; entry += 8) {
    // Two words instead of a BigInt: there may be a million entries. Above 2^53 the sum is inexact, but far outside any file.
    const place = (l1.readUInt32BE(entry) & placeHigh) * twoTo32 + ((l1.readUInt32BE(entry + 4) & placeLow) >>> 0)
    if (place === 0) continue
    const table = { start: place, end: place + layout.clusterSize }
    if (table.end > reader.size) return refuseDisk('table-outside-file', { table: 'l2' })
    const isMisplaced = place % layout.clusterSize !== 0 || taken.some((range) => overlaps(range, table))
    if (isMisplaced) return misplaced('l2')
    places[count] = place
    count += 1
  }
  const tables = places.subarray(0, count).sort()
  for (let i = 1; i < count; i += 1) {
    if (tables[i] === tables[i - 1]) return refuseDisk('shared-tables')
  }
  return tables
}

/**
 * Whether the reference counts mark a cluster behind the end of the file as used; a refusal if they cannot be read. That alone is no
 * damage: after a crash they count clusters that nothing points to and that may never have been written. Only a cluster that an L2
 * table points to is missing.
 */
async function countsPastEnd(reader: ByteReader, layout: TableLayout): Promise<boolean | DiskRefusal> {
  const { clusterSize, refcounts } = layout
  const span = refcountsSpan(layout)
  const table = await readWhole(reader, Number(span.at), span.bytes)
  if (!table) return refuseDisk('table-outside-file', { table: 'refcounts' })
  const lastByte = lastUsedByte(table)
  if (lastByte < 0) return false
  const blockIndex = Math.floor(lastByte / 8)
  const place = exactNumber(table.readBigUInt64BE(blockIndex * 8))
  const block = place === null ? null : await readWhole(reader, place, clusterSize)
  if (place === null || !block) return refuseDisk('table-outside-file', { table: 'refcounts' })
  if (place % clusterSize !== 0) return misplaced('refcounts')
  const lastCount = lastUsedByte(block)
  if (lastCount < 0) return false
  // Counts smaller than a byte fill it from the lowest bit, so the highest set bit belongs to the last used cluster.
  const bit = lastCount * 8 + 31 - Math.clz32(block[lastCount] ?? 0)
  const countsPerBlock = (clusterSize * 8) / refcounts.bits
  const cluster = blockIndex * countsPerBlock + Math.floor(bit / refcounts.bits)
  return cluster * clusterSize >= reader.size
}

/** Unread tables count as full. Shared clusters are refused, or a small file could expand to a large disk. */
async function countL2(reader: ByteReader, layout: TableLayout, tables: Float64Array): Promise<number | DiskRefusal> {
  const { clusterSize, entryBytes } = layout
  const allocatedMax = (reader.size / clusterSize) * amplificationMax
  const readMax = tablesRead(layout)
  const perTable = clusterSize / entryBytes
  const places = new PlaceCount(Math.min(tables.length, readMax) * perTable)
  let allocated = 0
  for (const place of tables.subarray(0, readMax)) {
    const bytes = await readWhole(reader, place, clusterSize)
    if (!bytes) return refuseDisk('table-outside-file', { table: 'l2' })
    const count = countAllocated(bytes, { ...layout, places }, reader.size)
    if (typeof count !== 'number') return count
    allocated += count
    if (allocated > allocatedMax) return refuseDisk('amplification', { timesMax: amplificationMax })
    if (allocated > sharersMax * places.count()) return refuseDisk('shared-blocks')
  }
  const unread = Math.max(0, tables.length - readMax) * perTable
  if (allocated + unread > allocatedMax) return tooLarge('l2', tables.length * clusterSize, readMax * clusterSize)
  return (allocated + unread) * Math.max(clusterSize, writtenAnew)
}

type Counting = TableLayout & { places: PlaceCount }

function countAllocated(table: Buffer, layout: Counting, size: number): number | DiskRefusal {
  const { clusterSize, entryBytes, places } = layout
  // A compressed entry holds the offset, in bytes, in its bits below 62 - (cluster bits - 8).
  const compressedHigh = 2 ** (62 - (Math.log2(clusterSize) - 8) - 32) - 1
  // A DataView reads words several times faster than Buffer methods, and there may be 16 million entries.
  const words = new DataView(table.buffer, table.byteOffset, table.length)
  const unaligned = placeLow & (clusterSize - 1)
  let allocated = 0
  for (let at = 0; at < table.length; at += entryBytes) {
    const high = words.getUint32(at)
    const low = words.getUint32(at + 4)
    if ((high | low) === 0) continue
    const isCompressed = (high & 0x40000000) !== 0
    const place = isCompressed
      ? (high & compressedHigh) * twoTo32 + low
      : (high & placeHigh) * twoTo32 + ((low & placeLow) >>> 0)
    // Bit 0 of a standard entry means that the cluster reads as zeros, so a guest never sees the data at its offset.
    const isZeros = !isCompressed && (place === 0 || (entryBytes === 8 && (low & 1) === 1))
    if (isZeros) continue
    if (place >= size) return refuseDisk('truncated')
    if (!isCompressed && (low & unaligned) !== 0) return refuseDisk('corrupt')
    places.add(place)
    allocated += 1
  }
  return allocated
}

function l1Span({ l1 }: TableLayout): Span {
  return { table: 'l1', at: l1.at, bytes: l1.entries * 8 }
}

function refcountsSpan({ refcounts, clusterSize }: TableLayout): Span {
  return { table: 'refcounts', at: refcounts.at, bytes: refcounts.clusters * clusterSize }
}

/** Maximum number of L2 tables that are read. */
function tablesRead({ clusterSize }: TableLayout): number {
  return Math.min(l2TablesMax, l2BytesMax / clusterSize)
}

function lastUsedByte(bytes: Buffer): number {
  let last = bytes.length - 1
  while (last >= 0 && bytes[last] === 0) last -= 1
  return last
}
