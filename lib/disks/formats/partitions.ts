import { crc32 } from 'node:zlib'
import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import { exactNumber } from './format'

const sectorBytes = 512
const diskIdAt = 440
const mbrEntriesAt = 446
const protectiveType = 0xee
const gptHeaderBytesMin = 92
const gptEntriesMax = 1024
const gptEntryBytes: readonly number[] = [128, 256, 512]
/** In bytes. A partition that ends beyond cannot be completed by lengthening the file. */
const endMax = 2 ** 43

/** An entry of an MBR; start and length in sectors. */
export type MbrEntry = { flag: number; type: number; start: number; sectors: number }

/** Whether the first sector ends with 0x55 0xAA, which MBRs and boot sectors share. */
export function hasBootMark(head: Buffer): boolean {
  return head.readUInt16LE(510) === 0xaa55
}

/** Whether the second sector begins with the signature of a GPT. */
export function hasGptMark(head: Buffer): boolean {
  return head.toString('latin1', sectorBytes, sectorBytes + 8) === 'EFI PART'
}

/**
 * The partition table of a disk, from its first two sectors: a GPT if its header has a valid checksum or a protective MBR, else an MBR
 * with valid entries, inside the disk or not. A signature alone is not enough: the boot sector of a file system ends like an MBR, and a
 * former GPT may have left its own behind.
 */
export function tableOf(head: Buffer): 'gpt' | 'mbr' | null {
  const entries = readMbr(head)
  const isMbr = hasBootMark(head) && entries.every(hasKnownFlag)
  if (isWholeGptHeader(head) || (isMbr && entries.some(isProtective))) return 'gpt'
  const used = entries.filter((entry) => entry.type !== 0)
  // A single partition that starts at sector 0 is how a file system describes the whole disk.
  const isTable = used.length > 0 ? used.some((entry) => entry.start > 0) : isEmptyTable(head)
  return isMbr && isTable ? 'mbr' : null
}

// Tools that make an MBR set a disk id, which tells an empty MBR from a boot sector.
function isEmptyTable(head: Buffer): boolean {
  return head.readUInt32LE(diskIdAt) !== 0 && head.subarray(mbrEntriesAt, 510).every((byte) => byte === 0)
}

/** Refuses an invalid partition table or a partition outside the disk; null if all is well. */
export async function refusePartitions(reader: ByteReader, head: Buffer): Promise<DiskRefusal | null> {
  const mbr = refuseMbr(head, reader.size)
  if (mbr) return mbr
  const isGpt = hasGptMark(head) || readMbr(head).some(isProtective)
  return isGpt && tableOf(head) !== 'mbr' ? refuseGpt(reader, head) : null
}

function refuseMbr(head: Buffer, size: number): DiskRefusal | null {
  const entries = readMbr(head)
  if (!hasBootMark(head)) return badTable('gpt', 'protective')
  if (!entries.every(hasKnownFlag)) return badTable('mbr', 'flag')
  if (entries.every((entry) => entry.type === 0) && !isEmptyTable(head)) return badTable('mbr', 'none')
  for (const [index, entry] of entries.entries()) {
    // On a disk too large for an MBR, the protective entry says 0xffffffff sectors.
    if (entry.type === 0 || isProtective(entry)) continue
    const end = (entry.start + entry.sectors) * sectorBytes
    if (end > size) return outside(index + 1, entry.start * sectorBytes < size ? end : null)
  }
  return null
}

async function refuseGpt(reader: ByteReader, head: Buffer): Promise<DiskRefusal | null> {
  // A hybrid MBR has further entries for systems that know only MBR, sometimes a second protective one. Systems that know GPT use the
  // GPT.
  if (!readMbr(head).some((entry) => isProtective(entry) && entry.start === 1)) return badTable('gpt', 'protective')
  if (!hasGptMark(head)) {
    // On a disk with sectors of 4 KiB the header is elsewhere, where our machines would not find it.
    return badTable('gpt', head.toString('latin1', 4096, 4104) === 'EFI PART' ? 'sectors' : 'header')
  }
  const header = head.subarray(sectorBytes, 2 * sectorBytes)
  const bytes = header.readUInt32LE(12)
  if (bytes < gptHeaderBytesMin || bytes > sectorBytes || header.readBigUInt64LE(24) !== 1n)
    return badTable('gpt', 'header')
  if (!isWholeGptHeader(head)) return badTable('gpt', 'checksum')
  const backup = exactNumber(header.readBigUInt64LE(32))
  if (backup === null || backup >= Math.ceil(reader.size / sectorBytes)) return refuseDisk('truncated')
  return refuseGptEntries(reader, header)
}

async function refuseGptEntries(reader: ByteReader, header: Buffer): Promise<DiskRefusal | null> {
  const at = exactNumber(header.readBigUInt64LE(72))
  const count = header.readUInt32LE(80)
  const entryBytes = header.readUInt32LE(84)
  if (count === 0 || count > gptEntriesMax || !gptEntryBytes.includes(entryBytes)) return badTable('gpt', 'entries')
  if (at === null || at < 2) return badTable('gpt', 'header')
  const entries = await readWhole(reader, at * sectorBytes, count * entryBytes)
  if (!entries) return badTable('gpt', 'header')
  if (crc32(entries) !== header.readUInt32LE(88)) return badTable('gpt', 'checksum')
  for (let index = 0; index < count; index += 1) {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes)
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue
    const first = exactNumber(entry.readBigUInt64LE(32))
    const last = exactNumber(entry.readBigUInt64LE(40))
    if (first === null || last === null) return outside(index + 1, null)
    const end = (last + 1) * sectorBytes
    if (end > reader.size) return outside(index + 1, first * sectorBytes < reader.size ? end : null)
    if (first < 2 || first > last) return badTable('gpt', 'entries')
  }
  return null
}

/** The entries of the MBR in the first sector, not validated. */
export function readMbr(head: Buffer): MbrEntry[] {
  return [0, 1, 2, 3].map((index) => {
    const entry = head.subarray(mbrEntriesAt + index * 16, mbrEntriesAt + (index + 1) * 16)
    return {
      flag: entry.readUInt8(0),
      type: entry.readUInt8(4),
      start: entry.readUInt32LE(8),
      sectors: entry.readUInt32LE(12),
    }
  })
}

/** Whether an entry keeps tools that do not know GPT from writing to the disk. */
export function isProtective({ type }: MbrEntry): boolean {
  return type === protectiveType
}

function hasKnownFlag({ flag }: MbrEntry): boolean {
  return flag === 0 || flag === 0x80
}

/** Whether the second sector is a GPT header with a valid checksum. */
function isWholeGptHeader(head: Buffer): boolean {
  if (!hasGptMark(head)) return false
  const header = head.subarray(sectorBytes, 2 * sectorBytes)
  const bytes = header.readUInt32LE(12)
  if (bytes < gptHeaderBytesMin || bytes > sectorBytes) return false
  return crc32(withoutChecksum(header.subarray(0, bytes))) === header.readUInt32LE(16)
}

// The checksum is computed with its own field set to zero.
function withoutChecksum(header: Buffer): Buffer {
  const copy = Buffer.from(header)
  copy.writeUInt32LE(0, 16)
  return copy
}

function badTable(table: 'mbr' | 'gpt', problem: string): DiskRefusal {
  return refuseDisk('partition-table', { table, problem })
}

// A file that ends within a partition may lack only blocks that were never written, and can be lengthened.
function outside(partition: number, end: number | null): DiskRefusal {
  const isMendable = end !== null && end <= endMax
  return isMendable
    ? refuseDisk('partition-cut-off', { partition, sizeMin: end })
    : refuseDisk('partition-outside-disk', { partition })
}
