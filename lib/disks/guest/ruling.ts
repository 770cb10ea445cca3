import { isProtective, readMbr as readMbrEntries, tableOf } from '../formats/partitions'
import { type Blocks, readPadded } from './blocks'
import type { FoundFileSystem } from './file-systems/found'
import { findIso } from './file-systems/optical'
import { findFileSystem } from './file-systems/probe'
import { readGpt } from './gpt'

/** What a whole disk is, where several things may show. `found` is what fills a disk without a table. */
export type Ruling =
  | { by: 'table'; table: 'gpt' | 'mbr' }
  | { by: 'disc' }
  | { by: 'file-system'; found: FoundFileSystem }

const sectorBytes = 512
const discAt = 32 * 1024

/**
 * Decides what a whole disk is, for the inspector and for the page that shows it: null where nothing on it is whole. A disc
 * that also boots from a stick has a partition table, one entry of which covers the disc itself. A table whose partitions
 * leave the disc out rules where it is a GPT, as the volume is there for its boot catalogue, and where its partitions have
 * been laid over the volume, as that was there before.
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
