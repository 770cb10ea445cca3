import type { ByteReader } from '../reader'
import { type DiskReason, type DiskRefusal, refuseDisk } from '../reasons'
import {
  type DiskFormat,
  type DiskLimits,
  type Edges,
  type FormatVerdict,
  headBytes,
  refuseVirtualSize,
} from './format'
import { readAllocated, type TableLayout } from './qcow2-tables'

// Field names and offsets: QEMU's docs/interop/qcow2.txt. All numbers are big endian.
const magic = Buffer.from('QFI\xfb', 'latin1')
const headerBytesV2 = 72
const headerBytesV3 = 104
const clusterBitsMin = 9
const clusterBitsMax = 21
const extendedL2ClusterBitsMin = 14
const refcountOrderMax = 6
const refcountOrderV2 = 4

const features = { dirty: 1n, corrupt: 2n, externalData: 4n, compressionType: 8n, extendedL2: 16n }
const knownFeatures = 31n

const bitmapsExtension = 0x23852875
/** Extensions that refer to other files or encrypt the disk. The format allows ignoring all others. */
const refusedExtensions: ReadonlyMap<number, DiskReason> = new Map<number, DiskReason>([
  [0xe2792aca, 'backing-file'],
  [0x44415441, 'external-data-file'],
  [0x0537be77, 'encrypted'],
])

/** The header's fields, not validated. */
type Header = {
  version: number
  backingAt: bigint
  backingBytes: number
  clusterBits: number
  virtualSize: bigint
  cryptMethod: number
  l1Entries: number
  l1At: bigint
  refcountsAt: bigint
  refcountClusters: number
  snapshots: number
  features: bigint
  refcountOrder: number
  bytes: number
  compressionType: number
}

/** QEMU's format, versions 2 and 3. Accepted only if the file holds the whole disk and its tables are in bounds. */
export const qcow2 = {
  id: 'qcow2',
  matches: ({ head }: Edges) => head.subarray(0, magic.length).equals(magic),
  inspect: async (reader: ByteReader, edges: Edges, limits: DiskLimits): Promise<FormatVerdict> => {
    if (edges.size < headerBytesV2) return refuseDisk('truncated')
    const header = readHeader(edges.head)
    const extensions = walkExtensions(edges.head, header)
    const refusal =
      refuseShape(header, edges.size) ??
      refuseFeatures(header) ??
      (extensions.ok ? null : extensions) ??
      refuseVirtualSize(header.virtualSize, limits)
    if (refusal) return refusal
    const bitmaps = extensions.ok ? extensions.bitmaps : null
    const allocatedBytes = await readAllocated(reader, layoutOf(header, bitmaps))
    if (typeof allocatedBytes !== 'number') return allocatedBytes
    return { ok: true, virtualSize: Number(header.virtualSize), allocatedBytes }
  },
} as const satisfies DiskFormat

function readHeader(head: Buffer): Header {
  const version = head.readUInt32BE(4)
  const isV3 = version >= 3
  const bytes = isV3 ? head.readUInt32BE(100) : headerBytesV2
  return {
    version,
    backingAt: head.readBigUInt64BE(8),
    backingBytes: head.readUInt32BE(16),
    clusterBits: head.readUInt32BE(20),
    virtualSize: head.readBigUInt64BE(24),
    cryptMethod: head.readUInt32BE(32),
    l1Entries: head.readUInt32BE(36),
    l1At: head.readBigUInt64BE(40),
    refcountsAt: head.readBigUInt64BE(48),
    refcountClusters: head.readUInt32BE(56),
    snapshots: head.readUInt32BE(60),
    features: isV3 ? head.readBigUInt64BE(72) : 0n,
    refcountOrder: isV3 ? head.readUInt32BE(96) : refcountOrderV2,
    bytes,
    compressionType: isV3 && bytes > headerBytesV3 ? head.readUInt8(headerBytesV3) : 0,
  }
}

// Refuses a header that cannot be read as its version prescribes.
function refuseShape(header: Header, size: number): DiskRefusal | null {
  if (header.version !== 2 && header.version !== 3)
    return refuseDisk('unsupported-version', { version: header.version })
  if (header.clusterBits < clusterBitsMin || header.clusterBits > clusterBitsMax) {
    return refuseDisk('cluster-size', { bits: header.clusterBits, bitsMin: clusterBitsMin, bitsMax: clusterBitsMax })
  }
  const clusterSize = 2 ** header.clusterBits
  if (size < clusterSize) return refuseDisk('truncated')
  const isTooShort = header.version === 3 && header.bytes < headerBytesV3
  if (isTooShort || header.bytes > clusterSize || header.bytes % 8 !== 0) return badHeader('length')
  return null
}

// Refuses features of the disk. A reference outside the file is reported before other damage.
function refuseFeatures(header: Header): DiskRefusal | null {
  if (header.backingAt !== 0n || header.backingBytes !== 0) return refuseDisk('backing-file')
  if (header.features & features.externalData) return refuseDisk('external-data-file')
  if (header.cryptMethod !== 0) return refuseDisk('encrypted')
  if (header.snapshots !== 0) return refuseDisk('internal-snapshots', { count: header.snapshots })
  const unknown = header.features & ~knownFeatures
  if (unknown) return refuseDisk('unknown-feature', { kind: 'bit', name: lowestBit(unknown) })
  if (header.features & features.corrupt) return refuseDisk('corrupt')
  if (header.features & features.dirty) return refuseDisk('dirty')
  if (header.refcountOrder > refcountOrderMax) return badHeader('refcounts')
  // The feature bit and the type must agree: deflate is type 0 without the bit, zstd type 1 with it.
  const typeMax = header.features & features.compressionType ? 1 : 0
  if (header.compressionType !== typeMax) return badHeader('compression')
  if (header.features & features.extendedL2 && header.clusterBits < extendedL2ClusterBitsMin) {
    return refuseDisk('cluster-size', {
      bits: header.clusterBits,
      bitsMin: extendedL2ClusterBitsMin,
      bitsMax: clusterBitsMax,
    })
  }
  return null
}

type Extensions = { ok: true; bitmaps: TableLayout['bitmaps'] } | DiskRefusal

/**
 * Reads the extensions between the header and the end of the first cluster. QEMU writes well under a KiB, so a real list is within
 * `head`.
 */
function walkExtensions(head: Buffer, header: Header): Extensions {
  const clusterSize = 2 ** Math.min(header.clusterBits, clusterBitsMax)
  const end = Math.min(clusterSize, headBytes)
  let bitmaps: TableLayout['bitmaps'] = null
  let at = header.bytes
  while (at + 8 <= end) {
    const type = head.readUInt32BE(at)
    const length = head.readUInt32BE(at + 4)
    if (type === 0) return { ok: true, bitmaps }
    const reason = refusedExtensions.get(type)
    if (reason) return refuseDisk(reason)
    if (length > end - at - 8) return badHeader('extensions')
    if (type === bitmapsExtension) {
      if (length < 24) return badHeader('extensions')
      bitmaps = { at: head.readBigUInt64BE(at + 24), bytes: head.readBigUInt64BE(at + 16) }
    }
    at += 8 + Math.ceil(length / 8) * 8
  }
  // A list may fill its cluster without an end mark. No tool writes one that is longer than `head`.
  return end === clusterSize ? { ok: true, bitmaps } : badHeader('extensions')
}

function layoutOf(header: Header, bitmaps: TableLayout['bitmaps']): TableLayout {
  return {
    clusterSize: 2 ** header.clusterBits,
    entryBytes: header.features & features.extendedL2 ? 16 : 8,
    virtualSize: Number(header.virtualSize),
    l1: { at: header.l1At, entries: header.l1Entries },
    refcounts: { at: header.refcountsAt, clusters: header.refcountClusters, bits: 2 ** header.refcountOrder },
    bitmaps,
  }
}

function badHeader(field: string): DiskRefusal {
  return refuseDisk('bad-header', { field })
}

function lowestBit(bits: bigint): number {
  return bits.toString(2).length - 1 - bits.toString(2).lastIndexOf('1')
}
