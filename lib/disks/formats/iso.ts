import type { Blocks } from '../guest/blocks'
import { udfBlockBytes } from '../guest/file-systems/optical'
import { rulingOf } from '../guest/ruling'
import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import { type DiskFormat, type DiskLimits, type Edges, type FormatVerdict, refuseVirtualSize } from './format'
import { readUdfEnd } from './udf'

// Field names and offsets: ECMA-119 (ISO 9660) and, for the sequence of descriptors, ECMA-167 (UDF).
const blockBytes = 2048
const firstBlock = 16
/** A disc has a handful of descriptors. */
const blocksMax = 32
const kinds = { primary: 1, end: 255 }
const isoMark = 'CD001'
const udfMarks: readonly string[] = ['NSR02', 'NSR03']
const otherMarks: readonly string[] = ['BEA01', 'TEA01', 'BOOT2', 'CDW02']

/** Contents of the descriptor sequence. */
type Volumes = { primary: Buffer | null; hasEnd: boolean; hasUdf: boolean }

/** ISO 9660, UDF or both, also with a partition table to boot from a USB stick. A disk with the remains of a disc is not one. */
export const iso = {
  id: 'iso',
  matches: ({ head, disk }: Edges) =>
    [isoMark, 'BEA01'].includes(markAt(head, firstBlock * blockBytes)) && isNothingElse(disk),
  isOverRaw: () => true,
  inspect: async (reader: ByteReader, { size }: Edges, limits: DiskLimits): Promise<FormatVerdict> => {
    const start = firstBlock * blockBytes
    const blocks = Math.min(blocksMax, Math.floor((size - start) / blockBytes))
    const bytes = await readWhole(reader, start, blocks * blockBytes)
    if (!bytes || blocks === 0) return refuseDisk('truncated')
    const volumes = readVolumes(bytes)
    if (volumes.primary ? !volumes.hasEnd : !volumes.hasUdf) return badHeader('descriptors')
    const primary = volumes.primary ? readPrimaryEnd(volumes.primary) : 0
    if (typeof primary !== 'number') return primary
    const udf = volumes.hasUdf ? await readUdfEnd(reader, blockBytes) : 0
    if (typeof udf !== 'number') return udf
    // Both count whole 2 KiB blocks, so the size is already a multiple of a sector.
    const virtualSize = Math.max(primary, udf)
    // A tool that copies the disc also copies the data behind the volume, such as the partitions of a USB stick.
    const refusal = refuseVirtualSize(BigInt(virtualSize && Math.max(virtualSize, size)), limits)
    if (refusal) return refusal
    return virtualSize > size ? refuseDisk('truncated') : { ok: true, virtualSize }
  },
} as const satisfies DiskFormat

function isNothingElse(disk: Blocks): boolean {
  const ruling = rulingOf(disk)
  if (ruling?.by === 'table') return false
  return ruling?.by !== 'file-system' || (ruling.found.kind === 'udf' && udfBlockBytes(disk) === blockBytes)
}

function markAt(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at + 1, at + 6)
}

function readVolumes(bytes: Buffer): Volumes {
  const volumes: Volumes = { primary: null, hasEnd: false, hasUdf: false }
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const mark = markAt(bytes, at)
    if (mark === isoMark) {
      const kind = bytes.readUInt8(at)
      if (kind === kinds.primary) volumes.primary ??= bytes.subarray(at, at + blockBytes)
      if (kind === kinds.end) volumes.hasEnd = true
    } else if (udfMarks.includes(mark)) volumes.hasUdf = true
    else if (!otherMarks.includes(mark)) break
  }
  return volumes
}

/** End of the ISO 9660 volume in bytes. Each number is stored twice, in both byte orders. */
function readPrimaryEnd(volume: Buffer): number | DiskRefusal {
  const blocks = volume.readUInt32LE(80)
  const bytes = volume.readUInt16LE(128)
  if (blocks !== volume.readUInt32BE(84) || bytes !== volume.readUInt16BE(130)) return badHeader('volume')
  if (bytes !== blockBytes) return refuseDisk('block-size', { bytes, bytesMin: blockBytes, bytesMax: blockBytes })
  const rootEnd = volume.readUInt32LE(158) * blockBytes + volume.readUInt32LE(166)
  if (volume.readUInt8(6) !== 1 || volume.readUInt8(156) !== 34 || rootEnd > blocks * blockBytes) {
    return badHeader('volume')
  }
  return blocks * blockBytes
}

function badHeader(field: string): DiskRefusal {
  return refuseDisk('bad-header', { field })
}
