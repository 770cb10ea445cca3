import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import {
  type DiskFormat,
  type DiskLimits,
  type Edges,
  type FormatVerdict,
  refuseVirtualSize,
  tailBytes,
} from './format'
import { misplaced, overlaps, rangeOf, refuseBlocks, refuseSpan, type Span } from './tables'

// Field names and offsets: Microsoft's Virtual Hard Disk Image Format Specification. All numbers are big endian.
const sectorBytes = 512
const footerBytes = 512
const footerMark = 'conectix'
const version = 0x00010000
const kinds = { fixed: 2, dynamic: 3, differencing: 4 }
/** The largest geometry. A disk that has it may be larger. */
const geometryMax = 65535 * 16 * 255
const headerMark = 'cxsparse'
const headerAt = 512
const headerBytes = 1024
const blockBytesMin = 512 * 1024
const blockBytesMax = 64 * 1024 ** 2
const noBlock = 0xffffffff
/** Size of the table of 2 TiB in blocks of 512 KiB. */
const tableBytesMax = 16 * 1024 ** 2

/** The footer's fields, not validated. */
type Footer = { version: number; headerAt: bigint; virtualSize: bigint; sectors: number; kind: number }

/** The format of Virtual PC and Azure. Accepted only if the file holds the whole disk. */
export const vhd = {
  id: 'vhd',
  // Before 2004 the footer had 511 bytes.
  matches: ({ head, tail }: Edges) =>
    hasMark(head) || hasMark(tail.subarray(-footerBytes)) || hasMark(tail.subarray(-511)),
  isOverRaw: ({ head }: Edges) => !hasMark(head),
  inspect: async (reader: ByteReader, edges: Edges, limits: DiskLimits): Promise<FormatVerdict> => {
    const { head, tail, size } = edges
    const bytes = tail.subarray(tailBytes - footerBytes)
    const isDynamic = hasMark(head)
    if (size < 2 * footerBytes || (isDynamic && !hasMark(bytes))) return refuseDisk('truncated')
    if (!hasMark(bytes)) return badHeader('footer')
    const footer = readFooter(bytes)
    const refusal =
      refuseKind(edges, footer) ??
      refuseFooter(bytes, footer) ??
      refuseVirtualSize(footer.virtualSize, limits) ??
      refuseGeometry(footer) ??
      (isDynamic ? await refuseDynamic(reader, head, footer) : refuseFixed(size, footer))
    return refusal ?? { ok: true, virtualSize: Number(footer.virtualSize) }
  },
} as const satisfies DiskFormat

function hasMark(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, footerMark.length) === footerMark
}

function readFooter(bytes: Buffer): Footer {
  return {
    version: bytes.readUInt32BE(12),
    headerAt: bytes.readBigUInt64BE(16),
    virtualSize: bytes.readBigUInt64BE(48),
    sectors: bytes.readUInt16BE(56) * bytes.readUInt8(58) * bytes.readUInt8(59),
    kind: bytes.readUInt32BE(60),
  }
}

// A reference outside the file is reported before other damage.
function refuseKind({ head, tail }: Edges, footer: Footer): DiskRefusal | null {
  const isDynamic = hasMark(head)
  if (footer.kind === kinds.differencing || (isDynamic && hasParent(head))) return refuseDisk('backing-file')
  // Some tools read one footer, some the other; different footers would be two disks.
  if (isDynamic && !head.subarray(0, footerBytes).equals(tail.subarray(-footerBytes))) return badHeader('footers')
  if (footer.kind !== kinds.fixed && footer.kind !== kinds.dynamic) {
    return refuseDisk('unsupported-kind', { kind: footer.kind })
  }
  return isDynamic === (footer.kind === kinds.dynamic) ? null : badHeader('footers')
}

// UUID, name and eight locators of the parent. A tool may follow a locator without checking the kind of disk.
function hasParent(head: Buffer): boolean {
  const header = head.subarray(headerAt, headerAt + headerBytes)
  return [header.subarray(40, 56), header.subarray(64, 768)].some((field) => field.some((byte) => byte !== 0))
}

function refuseFooter(bytes: Buffer, footer: Footer): DiskRefusal | null {
  if (footer.version !== version) {
    return refuseDisk('unsupported-version', { version: `${footer.version >>> 16}.${footer.version & 0xffff}` })
  }
  if (checksum(bytes, 64) !== bytes.readUInt32BE(64)) return badHeader('checksum')
  // The saved memory of a suspended machine would have to be imported too.
  if (bytes.readUInt8(84) !== 0) return refuseDisk('dirty')
  return footer.virtualSize % BigInt(sectorBytes) === 0n ? null : badHeader('size')
}

// For most creators QEMU takes the size from the geometry. A valid geometry is the size or rounded down.
function refuseGeometry({ sectors, virtualSize }: Footer): DiskRefusal | null {
  return sectors !== geometryMax && sectors * sectorBytes > virtualSize ? badHeader('geometry') : null
}

function refuseFixed(size: number, { virtualSize }: Footer): DiskRefusal | null {
  const bytes = BigInt(size - footerBytes)
  if (virtualSize > bytes) return refuseDisk('truncated')
  // Bytes between the disk and the footer are part of the disk to a tool that uses the file size, and not to one that uses the footer.
  return virtualSize < bytes ? badHeader('size') : null
}

async function refuseDynamic(reader: ByteReader, head: Buffer, footer: Footer): Promise<DiskRefusal | null> {
  const header = head.subarray(headerAt, headerAt + headerBytes)
  // The format allows any offset, but every tool writes this one.
  const isThere = footer.headerAt === BigInt(headerAt) && reader.size >= headerAt + headerBytes + footerBytes
  if (!isThere || header.toString('latin1', 0, 8) !== headerMark) return badHeader('header')
  if (header.readUInt32BE(24) !== version) return badHeader('header')
  if (checksum(header, 36) !== header.readUInt32BE(36)) return badHeader('checksum')
  const entries = header.readUInt32BE(28)
  const blockBytes = header.readUInt32BE(32)
  const isPower = (blockBytes & (blockBytes - 1)) === 0
  if (!isPower || blockBytes < blockBytesMin || blockBytes > blockBytesMax) {
    return refuseDisk('block-size', { bytes: blockBytes, bytesMin: blockBytesMin, bytesMax: blockBytesMax })
  }
  const span: Span = { table: 'bat', at: header.readBigUInt64BE(16), bytes: entries * 4 }
  const size = reader.size - footerBytes
  const refusal = refuseSpan(span, { size, alignment: sectorBytes, bytesMax: tableBytesMax })
  if (refusal) return refusal
  if (entries * blockBytes < footer.virtualSize) return refuseDisk('table-too-small', { table: 'bat' })
  const headers = { start: 0, end: headerAt + headerBytes }
  if (overlaps(rangeOf(span), headers)) return misplaced('bat')
  const table = await readWhole(reader, Number(span.at), span.bytes)
  if (!table) return refuseDisk('table-outside-file', { table: 'bat' })
  return refuseBlocks(readBlocks(table, blockBytes), size, [headers, rangeOf(span)])
}

// Each block follows its sector bitmap, which is padded to whole sectors.
function readBlocks(table: Buffer, blockBytes: number) {
  const bitmapBytes = Math.ceil(blockBytes / sectorBytes / 8 / sectorBytes) * sectorBytes
  const places = new Float64Array(table.length / 4)
  let count = 0
  for (let at = 0; at < table.length; at += 4) {
    const sector = table.readUInt32BE(at)
    if (sector === noBlock) continue
    places[count] = sector * sectorBytes
    count += 1
  }
  return { places: places.subarray(0, count), bytes: bitmapBytes + blockBytes }
}

// The complement of the sum of all bytes except those of the checksum.
function checksum(bytes: Buffer, at: number): number {
  const sum = bytes.reduce((total, byte, index) => (index >= at && index < at + 4 ? total : total + byte), 0)
  return ~sum >>> 0
}

function badHeader(field: string): DiskRefusal {
  return refuseDisk('bad-header', { field })
}
