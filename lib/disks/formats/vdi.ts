import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import { type DiskFormat, type DiskLimits, type Edges, type FormatVerdict, refuseVirtualSize } from './format'
import { misplaced, rangeOf, refuseSpan, type Span } from './tables'

// Field names and offsets: VirtualBox's VDICore.h. All numbers are little endian.
const sectorBytes = 512
const magicAt = 64
const magic = Buffer.from('7f10dabe', 'hex')
const version = 0x00010001
const headerAt = 72
const headerBytesMin = 384
const kinds = { dynamic: 1, fixed: 2, differencing: 4 }
/** VirtualBox writes no other size, and QEMU reads no other. */
const blockBytes = 1024 ** 2
/** Entries from this value on mean that a block is missing or zeros. */
const noBlockMin = 0xfffffffe
/** Size of the block map of 4 TiB. */
const mapBytesMax = 16 * 1024 ** 2

/** The header's fields, not validated. */
type Header = {
  version: number
  bytes: number
  kind: number
  mapAt: number
  dataAt: number
  sectorBytes: number
  virtualSize: bigint
  blockBytes: number
  blockExtraBytes: number
  blocks: number
  allocated: number
  hasParent: boolean
}

/** VirtualBox's format. Accepted only if the file holds the whole disk and no two blocks share an offset. */
export const vdi = {
  id: 'vdi',
  matches: ({ head }: Edges) => head.subarray(magicAt, magicAt + magic.length).equals(magic),
  inspect: async (reader: ByteReader, { head, size }: Edges, limits: DiskLimits): Promise<FormatVerdict> => {
    if (size < sectorBytes) return refuseDisk('truncated')
    const header = readHeader(head)
    const refusal =
      refuseKind(header) ??
      refuseShape(header) ??
      refuseVirtualSize(header.virtualSize, limits) ??
      (await refuseMap(reader, header))
    return refusal ?? { ok: true, virtualSize: Math.ceil(Number(header.virtualSize) / sectorBytes) * sectorBytes }
  },
} as const satisfies DiskFormat

function readHeader(head: Buffer): Header {
  return {
    version: head.readUInt32LE(68),
    bytes: head.readUInt32LE(72),
    kind: head.readUInt32LE(76),
    mapAt: head.readUInt32LE(340),
    dataAt: head.readUInt32LE(344),
    sectorBytes: head.readUInt32LE(360),
    virtualSize: head.readBigUInt64LE(368),
    blockBytes: head.readUInt32LE(376),
    blockExtraBytes: head.readUInt32LE(380),
    blocks: head.readUInt32LE(384),
    allocated: head.readUInt32LE(388),
    // UUIDs of the parent and of its last modification.
    hasParent: head.subarray(424, 456).some((byte) => byte !== 0),
  }
}

// A reference outside the file is reported before other damage.
function refuseKind(header: Header): DiskRefusal | null {
  if (header.version !== version) {
    return refuseDisk('unsupported-version', { version: `${header.version >>> 16}.${header.version & 0xffff}` })
  }
  if (header.kind === kinds.differencing || header.hasParent) return refuseDisk('backing-file')
  const isKnown = header.kind === kinds.dynamic || header.kind === kinds.fixed
  return isKnown ? null : refuseDisk('unsupported-kind', { kind: header.kind })
}

function refuseShape(header: Header): DiskRefusal | null {
  if (header.bytes < headerBytesMin || headerAt + header.bytes > header.mapAt) return badHeader('length')
  if (header.sectorBytes !== sectorBytes) return refuseDisk('sector-size', { bytes: header.sectorBytes })
  if (header.blockBytes !== blockBytes) {
    return refuseDisk('block-size', { bytes: header.blockBytes, bytesMin: blockBytes, bytesMax: blockBytes })
  }
  // Extra bytes before each block would shift all blocks; no tool used here honours them.
  if (header.blockExtraBytes !== 0) return badHeader('extra')
  return header.allocated > header.blocks ? badHeader('blocks') : null
}

async function refuseMap(reader: ByteReader, header: Header): Promise<DiskRefusal | null> {
  const span: Span = { table: 'map', at: BigInt(header.mapAt), bytes: header.blocks * 4 }
  const refusal = refuseSpan(span, { size: reader.size, alignment: sectorBytes, bytesMax: mapBytesMax })
  if (refusal) return refusal
  if (header.blocks * blockBytes < header.virtualSize) return refuseDisk('table-too-small', { table: 'map' })
  if (header.dataAt < rangeOf(span).end || header.dataAt % sectorBytes !== 0) return misplaced('block')
  const map = await readWhole(reader, header.mapAt, span.bytes)
  if (!map) return refuseDisk('table-outside-file', { table: 'map' })
  // After a crash the header may count blocks that nothing points to and that were never written.
  const present = Math.floor((reader.size - header.dataAt) / blockBytes)
  const wrong = refuseEntries(map, header, present)
  return wrong && header.allocated > present ? refuseDisk('truncated') : wrong
}

// An entry is a block number, so two blocks are identical or disjoint.
function refuseEntries(map: Buffer, { allocated }: Header, present: number): DiskRefusal | null {
  const taken = new Uint8Array(allocated)
  for (let at = 0; at < map.length; at += 4) {
    const block = map.readUInt32LE(at)
    if (block >= noBlockMin) continue
    if (block >= allocated) return refuseDisk('corrupt')
    if (block >= present) return refuseDisk('truncated')
    if (taken[block]) return refuseDisk('shared-blocks')
    taken[block] = 1
  }
  return null
}

function badHeader(field: string): DiskRefusal {
  return refuseDisk('bad-header', { field })
}
