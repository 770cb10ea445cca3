import { hasGptMark } from '../formats/partitions'
import { type DiskLayout, partitionsMax } from '../layout'
import { type Blocks, readPadded } from './blocks'
import { findFileSystem } from './file-systems/probe'
import { readGpt } from './gpt'
import { readMbr } from './mbr'
import { rulingOf } from './ruling'
import type { FoundSlots, Slot } from './slot'

/** What a table says, as far as it makes sense. `unread`: something in it did not. */
export type PartitionTable = Pick<DiskLayout, 'table' | 'unread'> & { slots: Slot[] }

const sectorSizes = [512, 4096] as const

/** Reads the partition table of a disk; a disk without one is taken as a single part if a file system begins with it. */
export function readPartitionTable(disk: Blocks): PartitionTable {
  const ruling = rulingOf(disk)
  if (ruling?.by === 'disc') return { table: 'iso', slots: [wholeDisk(disk)], unread: null }
  if (ruling?.by === 'file-system') return { table: 'none', slots: [wholeDisk(disk)], unread: null }
  if (ruling?.table === 'mbr') {
    const mbr = readMbr(disk)
    // A boot sector of a file system has code where the MBR has partitions, which by chance may look sound.
    const isVolume = mbr.isDamaged && findFileSystem(disk) !== null
    return isVolume ? { table: 'none', slots: [wholeDisk(disk)], unread: null } : answer('mbr', mbr)
  }
  // The mark of a GPT is no table, but nobody leaves it on a disk that is to be empty.
  const isGpt = ruling !== null || hasGptMark(readPadded(disk, 0, 1024))
  return isGpt ? answer('gpt', readAnyGpt(disk)) : { table: 'none', slots: [], unread: null }
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
