import { crc32 } from 'node:zlib'
import { labelMax } from '../layout'
import type { Blocks } from './blocks'
import { gptType } from './partition-types'
import { plainText } from './plain-text'
import type { FoundSlots, Slot } from './slot'

const headerBytesMin = 92
const entryBytesMin = 128
/** Maximum size of a table: 1024 entries of 512 bytes. */
const entriesMax = 1024
const entryBytesMax = 512
const nameBytes = 72

/** Reads the GPT with its header in this sector; null if there is none or a checksum is wrong. */
export function readGpt(disk: Blocks, sectorBytes: number, sector: number): FoundSlots | null {
  const header = disk.read(sector * sectorBytes, sectorBytes)
  if (header.length < sectorBytes || header.toString('latin1', 0, 8) !== 'EFI PART') return null
  const headerBytes = header.readUInt32LE(12)
  if (headerBytes < headerBytesMin || headerBytes > sectorBytes) return null
  const summed = Buffer.from(header.subarray(0, headerBytes))
  // The checksum is computed with its own field set to zero.
  summed.writeUInt32LE(0, 16)
  if (crc32(summed) !== header.readUInt32LE(16)) return null

  const entriesAt = Number(header.readBigUInt64LE(72)) * sectorBytes
  const count = header.readUInt32LE(80)
  const entryBytes = header.readUInt32LE(84)
  if (count > entriesMax || entryBytes < entryBytesMin || entryBytes > entryBytesMax) return null
  const entries = disk.read(entriesAt, count * entryBytes)
  if (entries.length < count * entryBytes || crc32(entries) !== header.readUInt32LE(88)) return null

  const found: FoundSlots = { slots: [], isDamaged: false }
  for (let index = 0; index < count; index += 1) {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes)
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue
    const slot = readEntry(entry, index + 1, sectorBytes)
    if (slot.size > 0 && slot.start + slot.size <= disk.size) found.slots.push(slot)
    else found.isDamaged = true
  }
  return found
}

// A number that is not exact is outside any disk.
function readEntry(entry: Buffer, number: number, sectorBytes: number): Slot {
  const first = Number(entry.readBigUInt64LE(32))
  const last = Number(entry.readBigUInt64LE(40))
  const name = entry.toString('utf16le', 56, 56 + nameBytes)
  return {
    number,
    start: first * sectorBytes,
    size: Math.max(0, last - first + 1) * sectorBytes,
    name: plainText(name.split('\0', 1).join(''), labelMax),
    type: gptType(guidText(entry)),
  }
}

// On disk the first three groups of a GUID are little endian.
function guidText(bytes: Buffer): string {
  const turned = Buffer.from(bytes.subarray(0, 16))
  turned.subarray(0, 4).reverse()
  turned.subarray(4, 6).reverse()
  turned.subarray(6, 8).reverse()
  return turned
    .toString('hex')
    .toUpperCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
