import type { Blocks } from '../blocks'
import { type FoundFileSystem, found, serialText, sizeOf, usedBytes } from './found'

const entryBytes = 32
const isVolumeLabel = 0x08
/** The attributes of an entry that holds part of a long name. */
const longName = 0x0f
const rootBytesMax = 64 * 1024

type Fat = {
  kind: 'fat12' | 'fat16' | 'fat32'
  sectorBytes: number
  sectors: number
  clusterBytes: number
  clusters: number
  fatAt: number
  rootAt: number
  rootBytes: number
}

/** FAT12, FAT16 or FAT32. */
export function findFat(head: Buffer, part: Blocks): FoundFileSystem | null {
  const fat = readParameters(head)
  if (!fat) return null
  // FAT32 inserted fields before these.
  const moreAt = fat.kind === 'fat32' ? 64 : 36
  const hasMore = head.readUInt8(moreAt + 2) === 0x29
  const bootLabel = hasMore ? head.toString('latin1', moreAt + 7, moreAt + 18).trim() : ''
  return found(fat.kind, {
    label: (rootLabel(fat, part) ?? bootLabel).replace(/^NO NAME$/, ''),
    uuid: hasMore ? serialText(head.readUInt32LE(moreAt + 3)) : '',
    size: sizeOf(fat.sectors, fat.sectorBytes),
    used: fat.kind === 'fat32' ? usedByInfo(fat, head, part) : usedByTable(fat, part),
    archive: 'FAT',
  })
}

// FAT before FAT32 has no signature. A boot sector with a jump and a valid parameter block is one.
function readParameters(head: Buffer): Fat | null {
  const hasJump = head[0] === 0xe9 || (head[0] === 0xeb && head[2] === 0x90)
  const sectorBytes = head.readUInt16LE(11)
  const clusterSectors = head.readUInt8(13)
  const reserved = head.readUInt16LE(14)
  const fats = head.readUInt8(16)
  const isPowerOfTwo = clusterSectors > 0 && (clusterSectors & (clusterSectors - 1)) === 0
  const isSound = [512, 1024, 2048, 4096].includes(sectorBytes) && isPowerOfTwo && reserved > 0
  if (!hasJump || !isSound || (fats !== 1 && fats !== 2) || head.readUInt8(21) < 0xf0) return null
  const fatSectors = head.readUInt16LE(22) || head.readUInt32LE(36)
  const isFat32 = head.readUInt16LE(22) === 0
  const rootSectors = Math.ceil((head.readUInt16LE(17) * entryBytes) / sectorBytes)
  const dataSector = reserved + fats * fatSectors + rootSectors
  const sectors = head.readUInt16LE(19) || head.readUInt32LE(32)
  const clusters = Math.floor((sectors - dataSector) / clusterSectors)
  if (clusters < 1) return null
  const clusterBytes = clusterSectors * sectorBytes
  const rootSector = isFat32 ? dataSector + (head.readUInt32LE(44) - 2) * clusterSectors : dataSector - rootSectors
  return {
    kind: isFat32 ? 'fat32' : clusters < 4085 ? 'fat12' : 'fat16',
    sectorBytes,
    sectors,
    clusterBytes,
    clusters,
    fatAt: reserved * sectorBytes,
    rootAt: rootSector * sectorBytes,
    rootBytes: Math.min(rootBytesMax, isFat32 ? clusterBytes : rootSectors * sectorBytes),
  }
}

function rootLabel({ rootAt, rootBytes }: Fat, part: Blocks): string | null {
  const root = part.read(rootAt, rootBytes)
  for (let at = 0; at + entryBytes <= root.length && root[at] !== 0; at += entryBytes) {
    const attributes = root.readUInt8(at + 11)
    const isLabel = (attributes & isVolumeLabel) !== 0 && attributes !== longName && root[at] !== 0xe5
    if (isLabel) return root.toString('latin1', at, at + 11).trim()
  }
  return null
}

// The FSInfo sector stores the number of free clusters, or that it is unknown.
function usedByInfo(fat: Fat, head: Buffer, part: Blocks): number | null {
  const info = part.read(head.readUInt16LE(48) * fat.sectorBytes, 512)
  if (info.length < 512 || info.toString('latin1', 0, 4) !== 'RRaA') return null
  return usedBytes(fat.clusters, info.readUInt32LE(488), fat.clusterBytes)
}

// The table is small enough to count: an entry of zero is a free cluster.
function usedByTable({ kind, clusters, clusterBytes, fatAt }: Fat, part: Blocks): number | null {
  const bits = kind === 'fat12' ? 12 : 16
  const count = Math.min(clusters, 65_524)
  const table = part.read(fatAt, Math.ceil(((count + 2) * bits) / 8) + 1)
  if (table.length < ((count + 2) * bits) / 8) return null
  let free = 0
  for (let cluster = 2; cluster < count + 2; cluster += 1) {
    const word = table.readUInt16LE(Math.min(Math.floor((cluster * bits) / 8), table.length - 2))
    const entry = bits === 16 ? word : cluster % 2 === 1 ? word >> 4 : word & 0xfff
    if (entry === 0) free += 1
  }
  return usedBytes(count, free, clusterBytes)
}
