import type { Blocks } from '../blocks'
import { type FoundFileSystem, found, isPower } from './found'

const sectorBytes = 512
const bsdMark = 0x82564557
const bsdPlaces: readonly number[] = [512, 64, 0]
const rigidDiskSectors = 16

/** Partition tables of other systems, each with its validity check: the checksum if it has one that tools maintain. */
const labels: readonly { kind: string; isWhole: (head: Buffer, size: number) => boolean }[] = [
  { kind: 'apple-map', isWhole: isAppleMap },
  { kind: 'sun-label', isWhole: (head) => head.readUInt16BE(508) === 0xdabe && xorOfWords(head, 0, sectorBytes) === 0 },
  { kind: 'sgi-label', isWhole: (head) => head.readUInt32BE(0) === 0x0be5a941 && sumOfLongs(head, 0, 128) === 0 },
  { kind: 'bsd-label', isWhole: (head) => bsdPlaces.some((at) => isBsdLabel(head, at)) },
  { kind: 'amiga-rdb', isWhole: isRigidDiskBlock },
  { kind: 'atari-ahdi', isWhole: isAtariTable },
  { kind: 'aix-label', isWhole: (head) => head.readUInt32BE(0) === 0xc9c2d4c1 },
  {
    kind: 'pc98-label',
    isWhole: (head) => head.toString('latin1', 4, 8) === 'IPL1' && head.readUInt16LE(510) === 0xaa55,
  },
  { kind: 'loop-label', isWhole: (head) => head.toString('latin1', 0, 21) === 'GNU Parted Loopback 0' },
]

/** Recognises a disk label other than MBR and GPT. Its partitions are not read. */
export function findLabel(head: Buffer, { size }: Blocks): FoundFileSystem | null {
  const label = labels.find(({ isWhole }) => isWhole(head, size))
  return label ? found(label.kind) : null
}

function isAppleMap(head: Buffer): boolean {
  const entries = head.readUInt32BE(sectorBytes + 4)
  return (
    head.toString('latin1', 0, 2) === 'ER' &&
    head.toString('latin1', 512, 514) === 'PM' &&
    entries > 0 &&
    entries <= 256
  )
}

// Two marks around the sector size. The checksum is ignored: parted does not maintain it, and no system checks it.
function isBsdLabel(head: Buffer, at: number): boolean {
  const hasMarks = head.readUInt32LE(at) === bsdMark && head.readUInt32LE(at + 132) === bsdMark
  return hasMarks && isPower(head.readUInt32LE(at + 40), 512, 4096) && head.readUInt16LE(at + 138) <= 64
}

// The only signature is the disk's size in sectors, before four entries.
function isAtariTable(head: Buffer, size: number): boolean {
  const sectors = head.readUInt32BE(450)
  const hasKnownFlags = [454, 466, 478, 490].every((at) => (head.readUInt8(at) & 0x7e) === 0)
  return sectors > 0 && sectors === Math.floor(size / sectorBytes) && hasKnownFlags
}

function isRigidDiskBlock(head: Buffer): boolean {
  for (let at = 0; at < rigidDiskSectors * sectorBytes; at += sectorBytes) {
    const longs = head.readUInt32BE(at + 4)
    if (head.toString('latin1', at, at + 4) === 'RDSK' && longs <= 128 && sumOfLongs(head, at, longs) === 0) return true
  }
  return false
}

function xorOfWords(head: Buffer, at: number, length: number): number {
  let sum = 0
  for (let word = at; word < at + length; word += 2) sum ^= head.readUInt16LE(word)
  return sum
}

function sumOfLongs(head: Buffer, at: number, longs: number): number {
  let sum = 0
  for (let long = 0; long < longs; long += 1) sum = (sum + head.readUInt32BE(at + long * 4)) % 2 ** 32
  return sum
}
