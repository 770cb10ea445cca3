import { type Blocks, readPadded } from '../blocks'
import { type FoundFileSystem, found, sizeOf, usedBytes } from './found'

// Field names and offsets: ECMA-119 (ISO 9660) and ECMA-167 (UDF).
const volumeAt = 32 * 1024
const blockBytes = 2048
/** A disc has a handful of descriptors. */
const descriptorsMax = 16
const kinds = { primary: 1, end: 255 }
const udfBlockSizes = [512, 1024, 2048, 4096] as const
const anchorBlock = 256
const anchorTag = 2

/** ISO 9660. Its id is its creation time, as disk tools show it. */
export function findIso(_head: Buffer, part: Blocks): FoundFileSystem | null {
  const volume = readVolume(part)
  if (!volume) return null
  const made = volume.toString('latin1', 813, 829)
  return found('iso9660', {
    label: volume.toString('latin1', 40, 72),
    uuid: /^\d{16}$/.test(made) ? made.replace(/^(....)(..)(..)(..)(..)(..)(..)$/, '$1-$2-$3-$4-$5-$6-$7') : '',
    size: sizeOf(volume.readUInt32LE(80), blockBytes),
    used: usedBytes(volume.readUInt32LE(80), 0, blockBytes),
    archive: 'Iso',
  })
}

/** UDF with any block size, recognised by its descriptor sequence and its anchor. */
export function findUdf(_head: Buffer, part: Blocks): FoundFileSystem | null {
  return udfBlockBytes(part) === null ? null : found('udf')
}

/** Block size of a UDF volume in bytes; null if there is none. */
export function udfBlockBytes(part: Blocks): number | null {
  return udfBlockSizes.find((bytes) => hasUdfMark(part, Math.max(bytes, blockBytes)) && hasAnchor(part, bytes)) ?? null
}

function hasUdfMark(part: Blocks, stride: number): boolean {
  for (let index = 0; index < descriptorsMax; index += 1) {
    const mark = readPadded(part, volumeAt + index * stride + 1, 5).toString('latin1')
    if (mark === 'NSR02' || mark === 'NSR03') return true
  }
  return false
}

// Each descriptor begins with a tag whose fifth byte is the sum of the others, and which holds its block number.
function hasAnchor(part: Blocks, bytes: number): boolean {
  const tag = readPadded(part, anchorBlock * bytes, 16)
  const sum = tag.reduce((total, byte, index) => (index === 4 ? total : total + byte), 0)
  return tag.readUInt16LE(0) === anchorTag && sum % 256 === tag.readUInt8(4)
}

/**
 * The primary descriptor of a valid ISO 9660 volume: its numbers agree, its root directory is inside, its descriptor list ends, and its
 * last block is on the disk. A former disc may have left an invalid one.
 */
function readVolume(disk: Blocks): Buffer | null {
  const volume = readPadded(disk, volumeAt, blockBytes)
  if (volume.readUInt8(0) !== kinds.primary || volume.toString('latin1', 1, 6) !== 'CD001') return null
  const blocks = volume.readUInt32LE(80)
  const isTold = blocks === volume.readUInt32BE(84) && volume.readUInt16LE(128) === blockBytes
  const rootEnd = volume.readUInt32LE(158) * blockBytes + volume.readUInt32LE(166)
  const hasRoot = volume.readUInt8(156) === 34 && rootEnd <= blocks * blockBytes
  if (!isTold || !hasRoot || blocks * blockBytes > disk.size) return null
  for (let index = 1; index < descriptorsMax; index += 1) {
    const descriptor = readPadded(disk, volumeAt + index * blockBytes, 6)
    if (descriptor.toString('latin1', 1, 6) !== 'CD001') return null
    if (descriptor.readUInt8(0) === kinds.end) return volume
  }
  return null
}
