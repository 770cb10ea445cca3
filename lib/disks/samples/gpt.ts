import { crc32 } from 'node:zlib'

const sectorBytes = 512
const entryCount = 128
const entryBytes = 128
const entrySectors = (entryCount * entryBytes) / sectorBytes
const headerBytes = 92
/** First sector of the partition. Partitions begin at a whole MiB, as all current tools make them. */
export const partitionAt = 2048
const basicData = 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7'

/** The only partition, from `partitionAt` to the last usable sector. */
export type Partition = { name: string; id: string; diskId: string }

/** Sectors of the partition on a disk of `diskSectors`. The backup table is at the end of the disk. */
export function partitionSectors(diskSectors: number): number {
  return diskSectors - partitionAt - entrySectors - 1
}

/** Writes a protective MBR and both copies of a GPT with one partition. */
export function writeGpt(disk: Buffer, partition: Partition): void {
  const sectors = disk.length / sectorBytes
  const entries = Buffer.alloc(entryCount * entryBytes)
  guid(basicData).copy(entries, 0)
  guid(partition.id).copy(entries, 16)
  entries.writeBigUInt64LE(BigInt(partitionAt), 32)
  entries.writeBigUInt64LE(BigInt(partitionAt + partitionSectors(sectors) - 1), 40)
  entries.write(partition.name.slice(0, 36), 56, 'utf16le')
  writeProtectiveMbr(disk, sectors)
  const copies = [
    { at: 1, other: sectors - 1, entriesAt: 2 },
    { at: sectors - 1, other: 1, entriesAt: sectors - 1 - entrySectors },
  ]
  for (const copy of copies) {
    entries.copy(disk, copy.entriesAt * sectorBytes)
    const header = Buffer.alloc(headerBytes)
    header.write('EFI PART', 0, 'latin1')
    header.writeUInt32LE(0x00010000, 8)
    header.writeUInt32LE(headerBytes, 12)
    header.writeBigUInt64LE(BigInt(copy.at), 24)
    header.writeBigUInt64LE(BigInt(copy.other), 32)
    header.writeBigUInt64LE(BigInt(2 + entrySectors), 40)
    header.writeBigUInt64LE(BigInt(sectors - 2 - entrySectors), 48)
    guid(partition.diskId).copy(header, 56)
    header.writeBigUInt64LE(BigInt(copy.entriesAt), 72)
    header.writeUInt32LE(entryCount, 80)
    header.writeUInt32LE(entryBytes, 84)
    header.writeUInt32LE(crc32(entries), 88)
    header.writeUInt32LE(crc32(header), 16)
    header.copy(disk, copy.at * sectorBytes)
  }
}

function writeProtectiveMbr(disk: Buffer, sectors: number) {
  const entry = disk.subarray(446, 462)
  // From sector 1 to the end, as cylinder, head and sector too.
  entry.set([0x00, 0x00, 0x02, 0x00, 0xee, 0xff, 0xff, 0xff])
  entry.writeUInt32LE(1, 8)
  entry.writeUInt32LE(Math.min(sectors - 1, 0xffffffff), 12)
  disk.writeUInt16LE(0xaa55, 510)
}

// On disk the first three groups of a GUID are little endian.
function guid(text: string): Buffer {
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex')
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}
