import type { DiskLayout, DiskPartition } from './layout'

/** A part of a disk: a partition, or the space between two. */
export type Segment = { key: string; start: number; size: number; partition: DiskPartition | null }

/** Tools leave a mebibyte before the first partition and often one more at the end; these are not free space. */
const freeMin = 4 * 1024 ** 2

/** A disk's partitions and free space in order of offset. Partitions may overlap in an invalid table; no space is counted twice. */
export function segmentsOf({ partitions, size }: DiskLayout): Segment[] {
  const segments: Segment[] = []
  let end = 0
  const addFree = (until: number) => {
    if (until - end >= freeMin) segments.push({ key: `free ${end}`, start: end, size: until - end, partition: null })
  }
  for (const [index, partition] of partitions.toSorted((a, b) => a.start - b.start).entries()) {
    addFree(partition.start)
    segments.push({ key: `partition ${index}`, start: partition.start, size: partition.size, partition })
    end = Math.max(end, partition.start + partition.size)
  }
  if (partitions.length > 0) addFree(size)
  return segments
}
