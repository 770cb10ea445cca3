// On-disk layout: "Microsoft Extensible Firmware Initiative FAT32 File System Specification", which covers FAT16.
const sectorBytes = 512
const rootEntries = 512
const rootSectors = (rootEntries * 32) / sectorBytes
const reservedSectors = 1
const fats = 2
const clustersMin = 4085
const clustersMax = 65524
const endOfChain = 0xffff
// 2024-01-01, so that the same request always gives the same bytes.
const date = ((2024 - 1980) << 9) | (1 << 5) | 1

/** A volume's label and the text files in its root; file names are 8.3. */
export type Volume = {
  sectors: number
  /** Sectors on the disk before the partition. */
  hiddenSectors: number
  label: string
  serial: number
  files: readonly { name: string; text: string }[]
}

type Layout = { clusterSectors: number; fatSectors: number; dataAt: number }

/** Makes a FAT16 file system. It needs about 2 MiB to 2 GiB. */
export function buildFat16(volume: Volume): Buffer {
  const layout = layOut(volume.sectors)
  const bytes = Buffer.alloc(volume.sectors * sectorBytes)
  writeBootSector(bytes, volume, layout)
  const fat = Buffer.alloc(layout.fatSectors * sectorBytes)
  fat.writeUInt16LE(0xfff8, 0)
  fat.writeUInt16LE(endOfChain, 2)
  const rootAt = (reservedSectors + fats * layout.fatSectors) * sectorBytes
  writeEntry(bytes.subarray(rootAt), { name: volume.label.padEnd(11), attributes: 0x08, cluster: 0, size: 0 })
  let cluster = 2
  for (const [index, file] of volume.files.entries()) {
    const content = Buffer.from(file.text)
    const [base = '', extension = ''] = file.name.split('.')
    const name = base.padEnd(8) + extension.padEnd(3)
    writeEntry(bytes.subarray(rootAt + (index + 1) * 32), { name, attributes: 0x20, cluster, size: content.length })
    content.copy(bytes, (layout.dataAt + (cluster - 2) * layout.clusterSectors) * sectorBytes)
    const clusters = Math.max(1, Math.ceil(content.length / (layout.clusterSectors * sectorBytes)))
    for (let i = 1; i < clusters; i += 1) fat.writeUInt16LE(cluster + i, (cluster + i - 1) * 2)
    fat.writeUInt16LE(endOfChain, (cluster + clusters - 1) * 2)
    cluster += clusters
  }
  for (let copy = 0; copy < fats; copy += 1) fat.copy(bytes, (reservedSectors + copy * layout.fatSectors) * sectorBytes)
  return bytes
}

// FAT12, FAT16 and FAT32 differ only in the number of clusters, so the cluster size follows from the volume's size.
function layOut(sectors: number): Layout {
  for (let clusterSectors = 64; clusterSectors >= 1; clusterSectors /= 2) {
    const fatSectors = Math.ceil(((sectors / clusterSectors + 2) * 2) / sectorBytes)
    const dataAt = reservedSectors + fats * fatSectors + rootSectors
    const clusters = Math.floor((sectors - dataAt) / clusterSectors)
    if (clusters >= clustersMin && clusters <= clustersMax) return { clusterSectors, fatSectors, dataAt }
  }
  throw new RangeError(`A volume of ${sectors} sectors cannot be FAT16.`)
}

function writeBootSector(bytes: Buffer, volume: Volume, layout: Layout) {
  bytes.write('\xeb\x3c\x90OPENECS ', 0, 'latin1')
  bytes.writeUInt16LE(sectorBytes, 11)
  bytes.writeUInt8(layout.clusterSectors, 13)
  bytes.writeUInt16LE(reservedSectors, 14)
  bytes.writeUInt8(fats, 16)
  bytes.writeUInt16LE(rootEntries, 17)
  // The 16-bit sector count must be used if it fits, and be zero otherwise.
  if (volume.sectors < 65536) bytes.writeUInt16LE(volume.sectors, 19)
  else bytes.writeUInt32LE(volume.sectors, 32)
  bytes.writeUInt8(0xf8, 21)
  bytes.writeUInt16LE(layout.fatSectors, 22)
  bytes.writeUInt16LE(63, 24)
  bytes.writeUInt16LE(255, 26)
  bytes.writeUInt32LE(volume.hiddenSectors, 28)
  bytes.writeUInt8(0x80, 36)
  bytes.writeUInt8(0x29, 38)
  bytes.writeUInt32LE(volume.serial, 39)
  bytes.write(volume.label.padEnd(11), 43, 'latin1')
  bytes.write('FAT16   ', 54, 'latin1')
  bytes.writeUInt16LE(0xaa55, 510)
}

type Entry = { name: string; attributes: number; cluster: number; size: number }

function writeEntry(entry: Buffer, { name, attributes, cluster, size }: Entry) {
  entry.write(name, 0, 'latin1')
  entry.writeUInt8(attributes, 11)
  entry.writeUInt16LE(date, 16)
  entry.writeUInt16LE(date, 18)
  entry.writeUInt16LE(date, 24)
  entry.writeUInt16LE(cluster, 26)
  entry.writeUInt32LE(size, 28)
}
