import type { Blocks } from '../blocks'
import { type FoundFileSystem, found, serialText, sizeOf } from './found'

const entryBytes = 32
const labelEntry = 0x83
const labelCharactersMax = 11

/** exFAT. Its boot sector gives the used space in percent only, so `used` is unknown. */
export function findExfat(head: Buffer, part: Blocks): FoundFileSystem | null {
  const sectorBits = head.readUInt8(108)
  const clusterBits = head.readUInt8(109)
  const size = sizeOf(head.readBigUInt64LE(72), 2 ** sectorBits)
  const isSound = size > 0 && sectorBits >= 9 && sectorBits <= 12 && sectorBits + clusterBits <= 25
  if (head.toString('latin1', 3, 11) !== 'EXFAT   ' || !isSound) return null
  const rootSector = head.readUInt32LE(88) + (head.readUInt32LE(96) - 2) * 2 ** clusterBits
  const root = part.read(rootSector * 2 ** sectorBits, 2 ** sectorBits)
  return found('exfat', { label: rootLabel(root), uuid: serialText(head.readUInt32LE(100)), size })
}

function rootLabel(root: Buffer): string {
  for (let at = 0; at + entryBytes <= root.length && root[at] !== 0; at += entryBytes) {
    if (root[at] !== labelEntry) continue
    const characters = Math.min(root.readUInt8(at + 1), labelCharactersMax)
    return root.toString('utf16le', at + 2, at + 2 + characters * 2)
  }
  return ''
}
