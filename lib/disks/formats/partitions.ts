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
/** A table that ends further out than this says a size that no tool can lengthen a file to. */
const endMax = 2 ** 43

/** An entry of an MBR. Start and length in sectors. */
export type MbrEntry = { flag: number; type: number; start: number; sectors: number }

/** Whether the first sector ends with the mark that an MBR and a boot sector share. */
export function hasBootMark(head: Buffer): boolean {
  return head.readUInt16LE(510) === 0xaa55
}

/** Whether the second sector begins with the mark of a GPT. */
export function hasGptMark(head: Buffer): boolean {
  return head.toString('latin1', sectorBytes, sectorBytes + 8) === 'EFI PART'
}

/**
 * Which partition table rules a disk, by its first two sectors: a GPT whose header has its checksum, or that an MBR protects;
 * else an MBR whose entries make sense, be they inside the disk or not. A mark alone is no table: the mark of an MBR ends the
 * boot sector of a file system too, and a GPT may have left its own behind.
 */
export function tableOf(head: Buffer): 'gpt' | 'mbr' | null {
  const entries = readMbr(head)
  const isMbr = hasBootMark(head) && entries.every(hasKnownFlag)
  if (isWholeGptHeader(head) || (isMbr && entries.some(isProtective))) return 'gpt'
  const used = entries.filter((entry) => entry.type !== 0)
  // A single partition that begins with the table itself is how a file system describes the whole disk.
  const isTable = used.length > 0 ? used.some((entry) => entry.start > 0) : isEmptyTable(head)
  return isMbr && isTable ? 'mbr' : null
}

// Tools that make an MBR give the disk an id, by which one without partitions differs from any boot sector.
function isEmptyTable(head: Buffer): boolean {
  return head.readUInt32LE(diskIdAt) !== 0 && head.subarray(mbrEntriesAt, 510).every((byte) => byte === 0)
}

/** Whether the partition table of a disk is sound and every partition inside the disk: null, or the refusal. */
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
    // The protective entry of a GPT says 0xffffffff sectors on a disk that is larger than an MBR can say.
    if (entry.type === 0 || isProtective(entry)) continue
    const end = (entry.start + entry.sectors) * sectorBytes
    if (end > size) return outside(index + 1, entry.start * sectorBytes < size ? end : null)
  }
  return null
}

async function refuseGpt(reader: ByteReader, head: Buffer): Promise<DiskRefusal | null> {
  // Beside the entry that protects the GPT there may be others, a second protective one among them, for systems that know
  // the MBR alone. Whoever knows GPT reads the GPT of such a hybrid.
  if (!readMbr(head).some((entry) => isProtective(entry) && entry.start === 1)) return badTable('gpt', 'protective')
  if (!hasGptMark(head)) {
    // On a disk with sectors of 4 KiB the header stands elsewhere, and no machine of ours would find it.
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

/** The entries of the MBR in a first sector, none of them believed yet. */
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

/** Whether an entry keeps tools that do not know GPT off a disk. */
export function isProtective({ type }: MbrEntry): boolean {
  return type === protectiveType
}

function hasKnownFlag({ flag }: MbrEntry): boolean {
  return flag === 0 || flag === 0x80
}

/** Whether the header of a GPT stands in the second sector with its checksum right. */
function isWholeGptHeader(head: Buffer): boolean {
  if (!hasGptMark(head)) return false
  const header = head.subarray(sectorBytes, 2 * sectorBytes)
  const bytes = header.readUInt32LE(12)
  if (bytes < gptHeaderBytesMin || bytes > sectorBytes) return false
  return crc32(withoutChecksum(header.subarray(0, bytes))) === header.readUInt32LE(16)
}

// The checksum of a header is made with its own field at zero.
function withoutChecksum(header: Buffer): Buffer {
  const copy = Buffer.from(header)
  copy.writeUInt32LE(0, 16)
  return copy
}

function badTable(table: 'mbr' | 'gpt', problem: string): DiskRefusal {
  return refuseDisk('partition-table', { table, problem })
}

// A file that ends within a partition may lack nothing but what was never written, and can be lengthened.
function outside(partition: number, end: number | null): DiskRefusal {
  const isMendable = end !== null && end <= endMax
  return isMendable
    ? refuseDisk('partition-cut-off', { partition, sizeMin: end })
    : refuseDisk('partition-outside-disk', { partition })
}
