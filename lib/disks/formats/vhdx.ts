import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import { crc32c } from './crc32c'
import {
  type DiskFormat,
  type DiskLimits,
  type Edges,
  exactNumber,
  type FormatVerdict,
  refuseVirtualSize,
} from './format'
import { misplaced, overlaps, type Range, refuseBlocks } from './tables'
import { guidAt, readMetadata, type VhdxDisk } from './vhdx-metadata'

// Field names and offsets: MS-VHDX. All numbers are little endian.
const mib = 1024 ** 2
const kib = 1024
const headerBytes = 4 * kib
const headersAt = [64 * kib, 128 * kib] as const
const regionTablesAt = [192 * kib, 256 * kib] as const
const regionTableBytes = 64 * kib
const regionsMax = 2047
const batId = '2DC27766-F623-4200-9D64-115E9BFD4A08'
const metadataId = '8B7CA206-4790-4B9A-B8FE-575F050F886E'
/** States of a block without data: not present, undefined, zeros, unmapped. */
const emptyStateMax = 3
const fullState = 6
/** Sectors that one bitmap block covers. */
const sectorsPerBitmap = 2 ** 23

type Regions = { ok: true; bat: Range; metadata: Range; all: Range[] } | DiskRefusal

/** Hyper-V's format. Accepted only if the file holds the whole disk, was closed cleanly and has no shared blocks. */
export const vhdx = {
  id: 'vhdx',
  matches: ({ head }: Edges) => head.toString('latin1', 0, 8) === 'vhdxfile',
  inspect: async (reader: ByteReader, _: Edges, limits: DiskLimits): Promise<FormatVerdict> => {
    if (reader.size < mib) return refuseDisk('truncated')
    const log = await readLog(reader)
    if ('reason' in log) return log
    const regions = await readRegions(reader)
    if (!regions.ok) return regions
    // The first MiB holds the headers.
    const taken = [{ start: 0, end: mib }, log, ...regions.all].filter(({ start, end }) => end > start)
    if (haveOverlap(taken)) return misplaced('region')
    const metadata = await readMetadata(reader, regions.metadata)
    if (!metadata.ok) return metadata
    const refusal =
      refuseVirtualSize(metadata.virtualSize, limits) ??
      (await refuseBat(reader, { bat: regions.bat, taken, metadata }))
    return refusal ?? { ok: true, virtualSize: Number(metadata.virtualSize) }
  },
} as const satisfies DiskFormat

/** Location of the log. A log with entries is refused, because replaying it would change the inspected disk. */
async function readLog(reader: ByteReader): Promise<Range | DiskRefusal> {
  const headers: Buffer[] = []
  for (const at of headersAt) {
    const header = await readWhole(reader, at, headerBytes)
    if (!header) return refuseDisk('truncated')
    if (header.toString('latin1', 0, 4) === 'head' && crc32c(header, 4) === header.readUInt32LE(4)) headers.push(header)
  }
  const [first, second] = headers
  if (!first) return badHeader('checksum')
  const header = second ? newer(first, second) : first
  if (!header) return badHeader('headers')
  const version = header.readUInt16LE(66)
  if (version !== 1 || header.readUInt16LE(64) !== 0) return refuseDisk('unsupported-version', { version })
  if (header.subarray(48, 64).some((byte) => byte !== 0)) return refuseDisk('dirty')
  const range = rangeAt(header.readBigUInt64LE(72), header.readUInt32LE(68))
  return range && range.end <= reader.size ? range : refuseDisk('table-outside-file', { table: 'log' })
}

// A header update overwrites the older of the two. A tool may write both the same.
function newer(first: Buffer, second: Buffer): Buffer | null {
  const [a, b] = [first.readBigUInt64LE(8), second.readBigUInt64LE(8)]
  if (a === b) return first.equals(second) ? first : null
  return a > b ? first : second
}

async function readRegions(reader: ByteReader): Promise<Regions> {
  const [table, copy] = await Promise.all(regionTablesAt.map((at) => readWhole(reader, at, regionTableBytes)))
  if (!table || !copy) return refuseDisk('truncated')
  if (table.toString('latin1', 0, 4) !== 'regi' || crc32c(table, 4) !== table.readUInt32LE(4))
    return badHeader('checksum')
  // It is written once, when the file is created. Some tools read one copy, some the other; different copies would be two disks.
  if (!table.equals(copy)) return badHeader('regions')
  const count = table.readUInt32LE(8)
  if (count > regionsMax) return badHeader('regions')
  const all: Range[] = []
  const known = new Map<string, Range>()
  for (let at = 16; at < 16 + count * 32; at += 32) {
    const id = guidAt(table, at)
    const isKnown = id === batId || id === metadataId
    if (!isKnown && table.readUInt32LE(at + 28) & 1) return refuseDisk('unknown-feature', { kind: 'region', name: id })
    const range = rangeAt(table.readBigUInt64LE(at + 16), table.readUInt32LE(at + 24))
    if (!range || range.end > reader.size) return refuseDisk('table-outside-file', { table: 'region' })
    if (known.has(id)) return badHeader('regions')
    known.set(id, range)
    all.push(range)
  }
  const [bat, metadata] = [known.get(batId), known.get(metadataId)]
  return bat && metadata ? { ok: true, bat, metadata, all } : badHeader('regions')
}

// Log and regions are aligned to a MiB and follow the first.
function rangeAt(place: bigint, bytes: number): Range | null {
  const start = exactNumber(place)
  if (start === null || start < mib || start % mib !== 0 || bytes % mib !== 0) return null
  return { start, end: start + bytes }
}

function haveOverlap(ranges: readonly Range[]): boolean {
  const sorted = [...ranges].sort((a, b) => a.start - b.start)
  return sorted.some((range, index) => index > 0 && overlaps(range, sorted[index - 1] ?? range))
}

type Bat = { bat: Range; taken: readonly Range[]; metadata: VhdxDisk }

async function refuseBat(reader: ByteReader, { bat, taken, metadata }: Bat): Promise<DiskRefusal | null> {
  const { blockBytes, sectorBytes } = metadata
  const blocks = Math.ceil(Number(metadata.virtualSize) / blockBytes)
  const blocksPerBitmap = (sectorsPerBitmap * sectorBytes) / blockBytes
  const entries = blocks + Math.floor((blocks - 1) / blocksPerBitmap)
  if (bat.start + entries * 8 > bat.end) return refuseDisk('table-too-small', { table: 'bat' })
  // The table's size follows from the virtual size: 16 MiB for 2 TiB, whatever the file says.
  const table = await readWhole(reader, bat.start, entries * 8)
  if (!table) return refuseDisk('table-outside-file', { table: 'bat' })
  const places = new Float64Array(blocks)
  let count = 0
  for (let entry = 0; entry < entries; entry += 1) {
    const low = table.readUInt32LE(entry * 8)
    const state = low & 7
    const isBitmap = entry % (blocksPerBitmap + 1) === blocksPerBitmap
    // Bitmaps and partially present blocks belong to disks with a parent.
    if (isBitmap ? state !== 0 : state > emptyStateMax && state !== fullState) return refuseDisk('corrupt')
    if (state !== fullState) continue
    // Two words instead of a BigInt: there may be millions. Above 2^53 the sum is inexact, but far outside any file.
    places[count] = table.readUInt32LE(entry * 8 + 4) * 2 ** 32 + ((low & 0xfff00000) >>> 0)
    count += 1
  }
  return refuseBlocks({ places: places.subarray(0, count), bytes: blockBytes }, reader.size, taken)
}

function badHeader(field: string): DiskRefusal {
  return refuseDisk('bad-header', { field })
}
