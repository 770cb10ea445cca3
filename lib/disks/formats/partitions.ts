import { crc32 } from 'node:zlib'
import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import { exactNumber } from './format'

const sectorBytes = 512
const mbrEntriesAt = 446
const protectiveType = 0xee
const gptHeaderBytesMin = 92
const gptEntriesMax = 1024
const gptEntryBytes: readonly number[] = [128, 256, 512]

type MbrEntry = { flag: number; type: number; start: number; sectors: number }

/** Whether the first sector ends with the mark that an MBR and a boot sector share. */
export function hasBootMark(head: Buffer): boolean {
  return head.readUInt16LE(510) === 0xaa55
}

/** Whether the first sector is an MBR whose entries make sense, be they inside the disk or not. */
export function hasMbr(head: Buffer): boolean {
  const entries = readMbr(head)
  return hasBootMark(head) && entries.every(hasKnownFlag) && entries.some((entry) => entry.type !== 0)
}

/** Whether the second sector begins with the mark of a GPT. */
export function hasGpt(head: Buffer): boolean {
  return head.toString('latin1', sectorBytes, sectorBytes + 8) === 'EFI PART'
}

/** Whether the partition table of a disk is sound and every partition inside the disk: null, or the refusal. */
export async function refusePartitions(reader: ByteReader, head: Buffer): Promise<DiskRefusal | null> {
  const mbr = refuseMbr(head, reader.size)
  if (mbr) return mbr
  const isGpt = hasGpt(head) || readMbr(head).some((entry) => entry.type === protectiveType)
  return isGpt ? refuseGpt(reader, head) : null
}

function refuseMbr(head: Buffer, size: number): DiskRefusal | null {
  const entries = readMbr(head)
  if (!hasBootMark(head)) return badTable('gpt', 'protective')
  if (!entries.every(hasKnownFlag)) return badTable('mbr', 'flag')
  if (entries.every((entry) => entry.type === 0)) return badTable('mbr', 'none')
  for (const [index, entry] of entries.entries()) {
    // The protective entry of a GPT says 0xffffffff sectors on a disk that is larger than an MBR can say.
    if (entry.type === 0 || entry.type === protectiveType) continue
    if ((entry.start + entry.sectors) * sectorBytes > size) return outside(index + 1)
  }
  return null
}

async function refuseGpt(reader: ByteReader, head: Buffer): Promise<DiskRefusal | null> {
  const protective = readMbr(head).filter((entry) => entry.type === protectiveType)
  if (protective.length !== 1 || protective[0]?.start !== 1) return badTable('gpt', 'protective')
  if (!hasGpt(head)) {
    // On a disk with sectors of 4 KiB the header stands elsewhere, and no machine of ours would find it.
    return badTable('gpt', head.toString('latin1', 4096, 4104) === 'EFI PART' ? 'sectors' : 'header')
  }
  const header = head.subarray(sectorBytes, 2 * sectorBytes)
  const bytes = header.readUInt32LE(12)
  if (bytes < gptHeaderBytesMin || bytes > sectorBytes || header.readBigUInt64LE(24) !== 1n)
    return badTable('gpt', 'header')
  if (crc32(withoutChecksum(header.subarray(0, bytes))) !== header.readUInt32LE(16)) return badTable('gpt', 'checksum')
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
  let used = 0
  for (let index = 0; index < count; index += 1) {
    const entry = entries.subarray(index * entryBytes, (index + 1) * entryBytes)
    if (entry.subarray(0, 16).every((byte) => byte === 0)) continue
    used += 1
    const first = exactNumber(entry.readBigUInt64LE(32))
    const last = exactNumber(entry.readBigUInt64LE(40))
    if (first === null || last === null || (last + 1) * sectorBytes > reader.size) return outside(index + 1)
    if (first < 2 || first > last) return badTable('gpt', 'entries')
  }
  return used === 0 ? badTable('gpt', 'none') : null
}

function readMbr(head: Buffer): MbrEntry[] {
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

function hasKnownFlag({ flag }: MbrEntry): boolean {
  return flag === 0 || flag === 0x80
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

function outside(partition: number): DiskRefusal {
  return refuseDisk('partition-outside-disk', { partition })
}
