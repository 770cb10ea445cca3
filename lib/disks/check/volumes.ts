import { type GuestFileSystem, guestFileSystems } from '@/lib/machines/reader/guest'
import type { Blocks } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import { findFileSystem } from '../guest/file-systems/probe'
import type { Range } from './clear-bits'
import { volumeGroup } from './lvm'
import type { UncheckedReason } from './report'
import { reasonOf } from './trouble'

/**
 * What may hold files: a partition, or a volume of the group in it, whose `name` is then `group/volume`. `blocks` is null where
 * the volume is not laid out in a way known here; `guest` says by which file system a kernel has to read it, null where none has to.
 */
export type FoundVolume = {
  name: string
  blocks: Blocks | null
  found: FoundFileSystem | null
  guest: GuestFileSystem | null
}

/** What a partition is, and what is in it. With a `reason` nothing in it can be looked at. */
export type FoundVolumes = {
  part: Blocks
  kind: string | null
  volumes: FoundVolume[]
  /** What of a group's partition is in no volume: the extents that a clean copy fills with zeros, and what it leaves as it is. */
  free: Range[]
  unused: Range[]
  /** Whether a clean copy changes the volumes of the group. */
  isPlain: boolean
  reason: UncheckedReason | null
}

/** More volumes of groups on one disk are not told apart: each is a place to be read from, and a line of a machine. */
export const groupVolumesMax = 128

/**
 * Finds what is in a partition, without reading files. A group of more than `volumesMax` volumes, and one of none, is not
 * looked at. Content never makes it throw, but for a limit of the whole check.
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

/** Finds what is in each partition. `groupVolumesMax` holds for all of them together. */
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
 * By which file system a kernel reads what 7-Zip cannot; null where none here does. Of ext4 only what 7-Zip cannot follow comes
 * here: files inside their inodes, and clusters.
 */
export function guestOf(kind: string): GuestFileSystem | null {
  const mounted = kind === 'ext2' || kind === 'ext3' ? 'ext4' : kind
  return guestFileSystems.find((known) => known.kind === mounted)?.kind ?? null
}
