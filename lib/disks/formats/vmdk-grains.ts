import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import {
  misplaced,
  overlaps,
  PlaceCount,
  type Range,
  rangeOf,
  refuseSpan,
  type Span,
  sharersMax,
  tooLarge,
  writtenAnew,
} from './tables'

/** Location of the tables according to the header of a sparse VMDK. Sizes are validated, offsets are not yet. */
export type GrainLayout = {
  virtualSize: number
  grainBytes: number
  directoryAt: bigint
  /** An entry of 1 means a grain of zeros. */
  hasZeroGrains: boolean
  isCompressed: boolean
}

const sectorBytes = 512
const entriesPerTable = 512
const tableBytes = entriesPerTable * 4
/** Twice the size of the directory of 2 TiB in grains of 4 KiB. */
const directoryBytesMax = 8 * 1024 ** 2
/** Covers 2 TiB in default grains if the tables are contiguous. Tables not read count as full. */
const tablesBytesMax = 128 * 1024 ** 2
const readsMax = 2048
const readBytesMax = 1024 ** 2
/** Maximum ratio of disk to file. Deflate reaches about 1000:1 on a single repeated byte, which no real disk consists of. */
const amplificationMax = 1000

/** The bytes that the tables allocate, or a refusal. The redundant copies are used only for writing and are not read. */
export async function readAllocated(reader: ByteReader, layout: GrainLayout): Promise<number | DiskRefusal> {
  const entries = Math.ceil(layout.virtualSize / (layout.grainBytes * entriesPerTable))
  const span: Span = { table: 'directory', at: layout.directoryAt, bytes: entries * 4 }
  const refusal = refuseSpan(span, { size: reader.size, alignment: sectorBytes, bytesMax: directoryBytesMax })
  if (refusal) return refusal
  const directory = await readWhole(reader, Number(span.at), span.bytes)
  if (!directory) return refuseDisk('table-outside-file', { table: 'directory' })
  const tables = readDirectory(directory, reader.size, rangeOf(span))
  return tables instanceof Float64Array ? countTables(reader, layout, tables) : tables
}

function readDirectory(directory: Buffer, size: number, range: Range): Float64Array | DiskRefusal {
  const places = new Float64Array(directory.length / 4)
  let count = 0
  for (let at = 0; at < directory.length; at += 4) {
    const place = directory.readUInt32LE(at) * sectorBytes
    if (place === 0) continue
    const table = { start: place, end: place + tableBytes }
    if (table.end > size) return refuseDisk('table-outside-file', { table: 'grains' })
    if (overlaps(table, range)) return misplaced('grains')
    places[count] = place
    count += 1
  }
  const tables = places.subarray(0, count).sort()
  for (let i = 1; i < count; i += 1) {
    if ((tables[i] ?? 0) - (tables[i - 1] ?? 0) < tableBytes) return refuseDisk('shared-tables')
  }
  return tables
}

async function countTables(
  reader: ByteReader,
  layout: GrainLayout,
  tables: Float64Array,
): Promise<number | DiskRefusal> {
  const grainsMax = (reader.size / layout.grainBytes) * amplificationMax
  const places = new PlaceCount(Math.min(tables.length * entriesPerTable, tablesBytesMax / 4))
  let allocated = 0
  let done = 0
  for (let reads = 0; reads < readsMax && done < Math.min(tables.length, tablesBytesMax / tableBytes); reads += 1) {
    const count = sideBySide(tables, done)
    const bytes = await readWhole(reader, tables[done] ?? 0, count * tableBytes)
    if (!bytes) return refuseDisk('table-outside-file', { table: 'grains' })
    const grains = countGrains(bytes, { ...layout, places }, reader.size)
    if (grains === null) return refuseDisk('truncated')
    allocated += grains
    // Uncompressed grains each take their full size, so if there are more than fit, some are shared.
    if (!layout.isCompressed && (allocated - 1) * layout.grainBytes > reader.size) return refuseDisk('shared-blocks')
    if (allocated > grainsMax) return refuseDisk('amplification', { timesMax: amplificationMax })
    if (allocated > sharersMax * places.count()) return refuseDisk('shared-blocks')
    done += count
  }
  const unread = (tables.length - done) * entriesPerTable
  if (allocated + unread <= grainsMax) return (allocated + unread) * Math.max(layout.grainBytes, writtenAnew)
  return tooLarge('grains', tables.length * tableBytes, Math.min(tablesBytesMax, readsMax * tableBytes))
}

// Number of tables from `from` on that are contiguous, up to the size of one read.
function sideBySide(tables: Float64Array, from: number): number {
  const start = tables[from] ?? 0
  let count = 1
  while (count * tableBytes < readBytesMax && tables[from + count] === start + count * tableBytes) count += 1
  return count
}

/** Number of grains that some tables allocate, or null if one begins behind the end of the file. */
function countGrains(
  tables: Buffer,
  { hasZeroGrains, places }: GrainLayout & { places: PlaceCount },
  size: number,
): number | null {
  // A DataView reads words several times faster than Buffer methods, and there may be 32 million entries.
  const words = new DataView(tables.buffer, tables.byteOffset, tables.length)
  const sectors = size / sectorBytes
  let allocated = 0
  for (let at = 0; at < tables.length; at += 4) {
    const sector = words.getUint32(at, true)
    if (sector === 0 || (sector === 1 && hasZeroGrains)) continue
    if (sector >= sectors) return null
    places.add(sector)
    allocated += 1
  }
  return allocated
}
