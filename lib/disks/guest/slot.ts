import type { DiskPartition } from '../layout'

/** A partition before it is known what is in it. */
export type Slot = Omit<DiskPartition, 'fileSystem'>

/** What a table holds: the partitions inside the disk, and whether there was anything that makes no sense. */
export type FoundSlots = { slots: Slot[]; isDamaged: boolean }
