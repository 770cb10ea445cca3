import { hasGptMark } from '../formats/partitions'
import { type DiskLayout, partitionsMax } from '../layout'
import { type Blocks, readPadded } from './blocks'
import { findFileSystem } from './file-systems/probe'
import { readGpt } from './gpt'
import { readMbr } from './mbr'
import { rulingOf } from './ruling'
import type { FoundSlots, Slot } from './slot'

/** The valid partitions of a table. `unread` says that something in it was invalid. */
export type PartitionTable = Pick<DiskLayout, 'table' | 'unread'> & { slots: Slot[] }

const sectorSizes = [512, 4096] as const

/** Reads the partition table of a disk. A disk without one is a single partition if it begins with a file system. */
export function readPartitionTable(disk: Blocks): PartitionTable {
  const ruling = rulingOf(disk)
  if (ruling?.by === 'disc') return { table: 'iso', slots: [wholeDisk(disk)], unread: null }
  if (ruling?.by === 'file-system') return { table: 'none', slots: [wholeDisk(disk)], unread: null }
  if (ruling?.table === 'mbr') {
    const mbr = readMbr(disk)
    // The boot sector of a file system has code where an MBR has partitions, which may look valid by chance.
    const isVolume = mbr.isDamaged && findFileSystem(disk) !== null
    return isVolume ? { table: 'none', slots: [wholeDisk(disk)], unread: null } : answer('mbr', mbr)
  }
  // A GPT signature alone is not a table, but a disk that has one is not empty either.
  const isGpt = ruling !== null || hasGptMark(readPadded(disk, 0, 1024))
  return isGpt ? answer('gpt', readAnyGpt(disk)) : { table: 'none', slots: [], unread: null }
}

function readAnyGpt(disk: Blocks): FoundSlots {
  const damaged: FoundSlots = { slots: [], isDamaged: true }
  for (const sectorBytes of sectorSizes) {
    const primary = readGpt(disk, sectorBytes, 1)
    if (primary) return primary
    // The backup GPT at the end of the disk, for when the first has been overwritten.
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
