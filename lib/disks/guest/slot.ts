import type { DiskPartition } from '../layout'

/** A partition whose content has not been read. */
export type Slot = Omit<DiskPartition, 'fileSystem'>

/** The partitions inside the disk, and whether the table has invalid entries. */
export type FoundSlots = { slots: Slot[]; isDamaged: boolean }
