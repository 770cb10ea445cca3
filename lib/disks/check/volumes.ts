import { type GuestFileSystem, guestFileSystems } from '@/lib/machines/reader/guest'
import type { Blocks } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import { findFileSystem } from '../guest/file-systems/probe'
import type { Range } from './clear-bits'
import { volumeGroup } from './lvm'
import type { UncheckedReason } from './report'
import { reasonOf } from './trouble'

/**
 * What may hold files: a partition, or a logical volume in it, whose `name` is then `group/volume`. `blocks` is null if the volume is
 * not linear; `guest` is the file system with which a kernel must mount it, null if none has to.
 */
export type FoundVolume = {
  name: string
  blocks: Blocks | null
  found: FoundFileSystem | null
  guest: GuestFileSystem | null
}

/** A partition and its volumes. With a `reason` nothing in it can be read. */
export type FoundVolumes = {
  part: Blocks
  kind: string | null
  volumes: FoundVolume[]
  /** Ranges of a group's partition outside its volumes: free extents, which a clean copy zeroes, and the rest, which it keeps. */
  free: Range[]
  unused: Range[]
  /** Whether a clean copy changes the volumes of the group. */
  isPlain: boolean
  reason: UncheckedReason | null
}

/** Maximum number of logical volumes of one disk: each may become a disk of the reader machine. */
export const groupVolumesMax = 128

/**
 * Finds the volumes of a partition, without reading files. A group with no volume or more than `volumesMax` is not read. Throws only
 * for a limit of the whole check, never because of the content.
 */
function findVolumes(part: Blocks, volumesMax: number): FoundVolumes {
  const nothing: FoundVolumes = { part, kind: null, volumes: [], free: [], unused: [], isPlain: false, reason: null }
  try {
    const found = findFileSystem(part)
    if (found?.kind !== 'lvm') return { ...nothing, kind: found?.kind ?? null, volumes: [volumeOf('', part, found)] }
    const group = volumeGroup(part, volumesMax)
    if (!group || group.volumes.length === 0) return { ...nothing, kind: 'lvm', reason: 'UNSUPPORTED_FILE_SYSTEM' }
    return {
      ...nothing,
      kind: 'lvm',
      free: group.free,
      unused: group.unused,
      isPlain: group.isPlain,
      volumes: group.volumes.map(({ name, blocks }) => volumeOf(name, blocks, blocks && findFileSystem(blocks))),
    }
  } catch (error) {
    return { ...nothing, reason: reasonOf(error) }
  }
}

/** Finds the volumes of each partition. `groupVolumesMax` applies to all of them together. */
export function findAllVolumes(parts: readonly Blocks[]): FoundVolumes[] {
  let left = groupVolumesMax
  return parts.map((part) => {
    const found = findVolumes(part, left)
    if (found.kind === 'lvm') left -= found.volumes.length
    return found
  })
}

function volumeOf(name: string, blocks: Blocks | null, found: FoundFileSystem | null): FoundVolume {
  return { name, blocks, found, guest: found && !found.archive ? guestOf(found.kind) : null }
}

/**
 * The file system with which a kernel reads a kind that 7-Zip cannot; null if none here does. Of ext4 that is only inline data and
 * bigalloc.
 */
export function guestOf(kind: string): GuestFileSystem | null {
  const mounted = kind === 'ext2' || kind === 'ext3' ? 'ext4' : kind
  return guestFileSystems.find((known) => known.kind === mounted)?.kind ?? null
}
