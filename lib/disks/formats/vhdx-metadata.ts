import { type ByteReader, readWhole } from '../reader'
import { type DiskRefusal, refuseDisk } from '../reasons'
import type { Range } from './tables'

const mib = 1024 ** 2
const tableBytes = 64 * 1024
const itemsMax = 2047
const blockBytesMin = mib
const blockBytesMax = 256 * mib
const guestSectorBytes = 512

/** The required items and their sizes. */
const requiredItems = {
  file: { id: 'CAA16737-FA36-4D43-B3B6-33F0AA44E76B', bytes: 8 },
  size: { id: '2FA54224-CD1B-4876-B211-5DBED83BF4B8', bytes: 8 },
  identity: { id: 'BECA12AB-B2E6-4523-93EF-C309E000C746', bytes: 16 },
  logicalSector: { id: '8141BF1D-A96F-4709-BA47-F233A8FAAB5F', bytes: 4 },
  physicalSector: { id: 'CDA348C7-445D-4471-9CC9-E9885251C556', bytes: 4 },
} as const
const parentLocatorId = 'A8D35F2D-B30B-454D-ABF7-D3D84834AB0C'

/** The metadata of a VHDX file. The virtual size is not validated. */
export type VhdxDisk = { virtualSize: bigint; blockBytes: number; sectorBytes: number }

type Item = { id: string; at: number; bytes: number; isRequired: boolean }
type Items = { ok: true; byId: ReadonlyMap<string, Item> } | DiskRefusal

/** Reads the metadata region, or refuses it. */
export async function readMetadata(
  reader: ByteReader,
  region: Range,
): Promise<({ ok: true } & VhdxDisk) | DiskRefusal> {
  const table = await readWhole(reader, region.start, tableBytes)
  if (!table) return refuseDisk('table-outside-file', { table: 'metadata' })
  const items = readItems(table, region)
  if (!items.ok) return items
  const read = async ({ id, bytes }: { id: string; bytes: number }) => {
    const item = items.byId.get(id)
    return item?.bytes === bytes ? await readWhole(reader, region.start + item.at, bytes) : null
  }
  const { file: fileItem, size: sizeItem, logicalSector, identity, physicalSector } = requiredItems
  const [file, size, sector] = await Promise.all([fileItem, sizeItem, logicalSector].map(read))
  if (items.byId.has(parentLocatorId) || (file && file.readUInt32LE(4) & 2)) return refuseDisk('backing-file')
  if (!file || !size || !sector || !items.byId.has(identity.id) || !items.byId.has(physicalSector.id)) {
    return badHeader('metadata')
  }
  return refuseShape({
    virtualSize: size.readBigUInt64LE(0),
    blockBytes: file.readUInt32LE(0),
    sectorBytes: sector.readUInt32LE(0),
  })
}

function readItems(table: Buffer, region: Range): Items {
  if (table.toString('latin1', 0, 8) !== 'metadata') return badHeader('metadata')
  const count = table.readUInt16LE(10)
  if (count > itemsMax) return badHeader('metadata')
  const byId = new Map<string, Item>()
  for (let entry = 32; entry < 32 + count * 32; entry += 32) {
    const item = {
      id: guidAt(table, entry),
      at: table.readUInt32LE(entry + 16),
      bytes: table.readUInt32LE(entry + 20),
      isRequired: (table.readUInt32LE(entry + 24) & 4) !== 0,
    }
    if (item.isRequired && !isKnown(item.id)) return refuseDisk('unknown-feature', { kind: 'item', name: item.id })
    // An empty item has no offset.
    const isInside = item.at >= tableBytes && item.at + item.bytes <= region.end - region.start
    if (item.bytes > 0 && !isInside) return refuseDisk('table-outside-file', { table: 'metadata' })
    if (isKnown(item.id) && byId.has(item.id)) return badHeader('metadata')
    byId.set(item.id, item)
  }
  return { ok: true, byId }
}

function isKnown(id: string): boolean {
  return id === parentLocatorId || Object.values(requiredItems).some((item) => item.id === id)
}

function refuseShape(disk: VhdxDisk): ({ ok: true } & VhdxDisk) | DiskRefusal {
  const { virtualSize, blockBytes, sectorBytes } = disk
  const isPower = (blockBytes & (blockBytes - 1)) === 0
  if (!isPower || blockBytes < blockBytesMin || blockBytes > blockBytesMax) {
    return refuseDisk('block-size', { bytes: blockBytes, bytesMin: blockBytesMin, bytesMax: blockBytesMax })
  }
  // A machine with sectors of 512 bytes would not find the partition table of a disk with sectors of 4 KiB.
  if (sectorBytes !== guestSectorBytes) return refuseDisk('sector-size', { bytes: sectorBytes })
  return virtualSize % BigInt(sectorBytes) === 0n ? { ok: true, ...disk } : badHeader('size')
}

/** A GUID as text; its first three parts are little-endian numbers. */
export function guidAt(bytes: Buffer, at: number): string {
  const hex = (from: number, to: number) => bytes.toString('hex', at + from, at + to)
  const number = (from: number, to: number) =>
    Buffer.from(bytes.subarray(at + from, at + to))
      .reverse()
      .toString('hex')
  return [number(0, 4), number(4, 6), number(6, 8), hex(8, 10), hex(10, 16)].join('-').toUpperCase()
}

function badHeader(field: string): DiskRefusal {
  return refuseDisk('bad-header', { field })
}
