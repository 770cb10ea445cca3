import type { ByteReader } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import { type DiskFormat, type DiskLimits, type Edges, type FormatVerdict, refuseVirtualSize } from './format'
import { isDescriptor, kindOf, refuseDescriptor } from './vmdk-descriptor'
import { readAllocated } from './vmdk-grains'

// Field names and offsets: VMware's Virtual Disk Format 5.0. All numbers are little endian, offsets are in sectors.
const sectorBytes = 512
const magic = 'KDMV'
const oldMagic = 'COWD'
const versionMax = 3
const flags = { newlines: 1, redundant: 2, zeroGrains: 4, compressed: 0x10000, markers: 0x20000 }
const knownFlags = 0x30007
const grainBytesMin = 4 * 1024
const grainBytesMax = 2 * 1024 ** 2
/** All products write this number. */
const entriesPerTable = 512
const atEnd = 2n ** 64n - 1n
const footerMarker = 3
/** Line ends, which a transfer in text mode changes. */
const newlines = Buffer.from('\n \r\n', 'latin1')

/** The header's fields, not validated. */
type Header = {
  version: number
  flags: number
  capacity: bigint
  grain: bigint
  descriptorAt: bigint
  descriptorSectors: bigint
  entriesPerTable: number
  directoryAt: bigint
  isDirty: boolean
  compression: number
}

/** VMware's monolithicSparse and streamOptimized. Other types consist of several files. */
export const vmdk = {
  id: 'vmdk',
  matches: ({ head }: Edges) => hasMark(head, magic) || hasMark(head, oldMagic) || isDescriptor(head),
  inspect: async (reader: ByteReader, { head, tail, size }: Edges, limits: DiskLimits): Promise<FormatVerdict> => {
    if (hasMark(head, oldMagic)) return refuseDisk('unsupported-kind', { kind: oldMagic })
    if (!hasMark(head, magic)) return refuseDisk('descriptor-only', { kind: kindOf(head) })
    if (size < sectorBytes) return refuseDisk('truncated')
    const first = readHeader(head)
    if (first.version < 1 || first.version > versionMax) {
      return refuseDisk('unsupported-version', { version: first.version })
    }
    const descriptor = refuseDescriptor(head, {
      at: first.descriptorAt,
      sectors: first.descriptorSectors,
      isCompressed: (first.flags & flags.compressed) !== 0,
    })
    if (descriptor) return descriptor
    const header = first.directoryAt === atEnd ? readFooter(tail, first, size) : first
    if ('reason' in header) return header
    const capacity = header.capacity * BigInt(sectorBytes)
    const refusal = refuseFeatures(header, head) ?? refuseVirtualSize(capacity, limits)
    if (refusal) return refusal
    const allocatedBytes = await readAllocated(reader, {
      virtualSize: Number(capacity),
      grainBytes: Number(header.grain) * sectorBytes,
      directoryAt: header.directoryAt * BigInt(sectorBytes),
      hasZeroGrains: (header.flags & flags.zeroGrains) !== 0,
      isCompressed: header.compression !== 0,
    })
    return typeof allocatedBytes === 'number'
      ? { ok: true, virtualSize: Number(capacity), allocatedBytes }
      : allocatedBytes
  },
} as const satisfies DiskFormat

function hasMark(bytes: Buffer, mark: string): boolean {
  return bytes.toString('latin1', 0, mark.length) === mark
}

function readHeader(bytes: Buffer): Header {
  return {
    version: bytes.readUInt32LE(4),
    flags: bytes.readUInt32LE(8),
    capacity: bytes.readBigUInt64LE(12),
    grain: bytes.readBigUInt64LE(20),
    descriptorAt: bytes.readBigUInt64LE(28),
    descriptorSectors: bytes.readBigUInt64LE(36),
    entriesPerTable: bytes.readUInt32LE(44),
    directoryAt: bytes.readBigUInt64LE(56),
    isDirty: bytes.readUInt8(72) !== 0,
    compression: bytes.readUInt16LE(77),
  }
}

/** A stream repeats its header at the end, with the location of the directory. Tools use only that one, so both are compared. */
function readFooter(tail: Buffer, header: Header, size: number): Header | DiskRefusal {
  const [marker, bytes, end] = [0, 1, 2].map((sector) =>
    tail.subarray(sector * sectorBytes, (sector + 1) * sectorBytes),
  )
  if (!marker || !bytes || !end || size < 4 * sectorBytes) return refuseDisk('truncated')
  const isFooter = marker.readUInt32LE(8) === 0 && marker.readUInt32LE(12) === footerMarker
  if (!isFooter || !hasMark(bytes, magic) || end.some((byte) => byte !== 0)) return refuseDisk('truncated')
  const footer = readHeader(bytes)
  const isSame =
    footer.version === header.version &&
    footer.flags === header.flags &&
    footer.capacity === header.capacity &&
    footer.grain === header.grain &&
    footer.descriptorAt === header.descriptorAt &&
    footer.descriptorSectors === header.descriptorSectors &&
    footer.entriesPerTable === header.entriesPerTable &&
    footer.compression === header.compression
  return isSame && footer.directoryAt !== atEnd ? footer : badHeader('footers')
}

function refuseFeatures(header: Header, head: Buffer): DiskRefusal | null {
  const unknown = header.flags & ~knownFlags
  if (unknown) return refuseDisk('unknown-feature', { kind: 'bit', name: 31 - Math.clz32(unknown & -unknown) })
  if (header.flags & flags.newlines && !head.subarray(73, 77).equals(newlines)) return badHeader('newlines')
  // The compression method is 0 for none and 1 for deflate; a flag must agree.
  if (header.compression !== (header.flags & flags.compressed ? 1 : 0)) return badHeader('compression')
  if (header.isDirty) return refuseDisk('dirty')
  const grainBytes = header.grain * BigInt(sectorBytes)
  const isPower = (header.grain & (header.grain - 1n)) === 0n
  if (!isPower || grainBytes < grainBytesMin || grainBytes > grainBytesMax) {
    return refuseDisk('block-size', { bytes: Number(grainBytes), bytesMin: grainBytesMin, bytesMax: grainBytesMax })
  }
  return header.entriesPerTable === entriesPerTable ? null : badHeader('entries')
}

function badHeader(field: string): DiskRefusal {
  return refuseDisk('bad-header', { field })
}
