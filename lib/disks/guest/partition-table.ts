import { hasGpt, hasMbr } from '../formats/partitions'
import { type DiskLayout, partitionsMax } from '../layout'
import { type Blocks, readPadded } from './blocks'
import { hasIso } from './file-systems/optical'
import { findFileSystem } from './file-systems/probe'
import { readGpt } from './gpt'
import { protectiveType, readMbr } from './mbr'
import type { FoundSlots, Slot } from './slot'

/** What a table says, as far as it makes sense. `unread`: something in it did not. */
export type PartitionTable = Pick<DiskLayout, 'table' | 'unread'> & { slots: Slot[] }

const sectorSizes = [512, 4096] as const

/** Reads the partition table of a disk; a disk without one is taken as a single part if a file system begins with it. */
export function readPartitionTable(disk: Blocks): PartitionTable {
  // An ISO that also boots from a stick has a partition table too, which says less than the volume itself.
  if (hasIso(disk)) return { table: 'iso', slots: [wholeDisk(disk)], unread: null }
  const head = readPadded(disk, 0, 1024)
  const mbr = hasMbr(head) ? readMbr(disk) : null
  const isProtective = mbr?.slots.some(({ type }) => type === protectiveType)
  if (hasGpt(head) || isProtective) return answer('gpt', readAnyGpt(disk))
  // A boot sector of a file system ends like an MBR, and has code where the MBR has partitions, which by chance may look sound.
  if (mbr && !mbr.isDamaged) return answer('mbr', mbr)
  if (findFileSystem(disk)) return { table: 'none', slots: [wholeDisk(disk)], unread: null }
  return mbr ? answer('mbr', mbr) : { table: 'none', slots: [], unread: null }
}

function readAnyGpt(disk: Blocks): FoundSlots {
  const damaged: FoundSlots = { slots: [], isDamaged: true }
  for (const sectorBytes of sectorSizes) {
    const primary = readGpt(disk, sectorBytes, 1)
    if (primary) return primary
    // The second copy ends the disk, for when the first has been overwritten.
    const backup = readGpt(disk, sectorBytes, Math.floor(disk.size / sectorBytes) - 1)
    if (backup) return { ...backup, isDamaged: true }
  }
  return damaged
}

function answer(table: 'gpt' | 'mbr', { slots, isDamaged }: FoundSlots): PartitionTable {
  const isTooLong = slots.length > partitionsMax
  return { table, slots: slots.slice(0, partitionsMax), unread: isDamaged ? 'damaged' : isTooLong ? 'memory' : null }
}

function wholeDisk({ size }: Blocks): Slot {
  return { number: null, start: 0, size, name: '', type: '' }
}
