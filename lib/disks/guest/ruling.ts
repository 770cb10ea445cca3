import { isProtective, readMbr as readMbrEntries, tableOf } from '../formats/partitions'
import { type Blocks, readPadded } from './blocks'
import type { FoundFileSystem } from './file-systems/found'
import { findIso } from './file-systems/optical'
import { findFileSystem } from './file-systems/probe'
import { readGpt } from './gpt'

/** The content of a whole disk if marks of several kinds show. `found` is the file system of a disk without a table. */
export type Ruling =
  | { by: 'table'; table: 'gpt' | 'mbr' }
  | { by: 'disc' }
  | { by: 'file-system'; found: FoundFileSystem }

const sectorBytes = 512
const discAt = 32 * 1024

/**
 * Decides whether a whole disk is a partition table, a disc or a file system, for the inspector and the disk's page; null if none is
 * valid. A disc that also boots from a USB stick has a partition that covers the disc itself. If no partition covers it, the table wins
 * in two cases: a GPT, since the disc is there for its boot catalogue only, and an MBR whose partitions overlap the volume, since the
 * volume is older.
 */
export function rulingOf(disk: Blocks): Ruling | null {
  const head = readPadded(disk, 0, 2 * sectorBytes)
  const table = tableOf(head)
  if (table && !isDisc(disk, table, head)) return { by: 'table', table }
  if (table) return { by: 'disc' }
  const found = findFileSystem(disk)
  if (!found) return null
  return found.kind === 'iso9660' ? { by: 'disc' } : { by: 'file-system', found }
}

function isDisc(disk: Blocks, table: 'gpt' | 'mbr', head: Buffer): boolean {
  const volume = findIso(head, disk)
  if (!volume) return false
  const inMbr = readMbrEntries(head)
    .filter((entry) => entry.sectors > 0 && !isProtective(entry))
    .map(({ start, sectors }) => ({ start: start * sectorBytes, end: (start + sectors) * sectorBytes }))
  const inGpt = (readGpt(disk, sectorBytes, 1)?.slots ?? []).map(({ start, size }) => ({ start, end: start + size }))
  if ([...inMbr, ...inGpt].some(({ start, end }) => start <= discAt && end > discAt)) return true
  return table === 'mbr' && inMbr.every(({ start }) => start >= (volume.size ?? 0))
}
