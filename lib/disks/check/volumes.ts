import { type GuestFileSystem, guestFileSystems } from '@/lib/machines/reader/guest'
import type { Blocks } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import { findFileSystem } from '../guest/file-systems/probe'
import { logicalVolumes } from './lvm'
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
  reason: UncheckedReason | null
}

/** Finds what is in a partition, without reading files. Content never makes it throw, but for a limit of the whole check. */
export function findVolumes(part: Blocks): FoundVolumes {
  const nothing: FoundVolumes = { part, kind: null, volumes: [], reason: null }
  try {
    const found = findFileSystem(part)
    if (found?.kind !== 'lvm') return { ...nothing, kind: found?.kind ?? null, volumes: [volumeOf('', part, found)] }
    const volumes = logicalVolumes(part)
    if (!volumes) return { ...nothing, kind: 'lvm', reason: 'UNSUPPORTED_FILE_SYSTEM' }
    return {
      ...nothing,
      kind: 'lvm',
      volumes: volumes.map(({ name, blocks }) => volumeOf(name, blocks, blocks && findFileSystem(blocks))),
    }
  } catch (error) {
    return { ...nothing, reason: reasonOf(error) }
  }
}

function volumeOf(name: string, blocks: Blocks | null, found: FoundFileSystem | null): FoundVolume {
  return { name, blocks, found, guest: found && !found.archive ? guestOf(found.kind) : null }
}

/** Of ext4 only what 7-Zip cannot follow comes here: files inside their inodes, and clusters. */
function guestOf(kind: string): GuestFileSystem | null {
  const mounted = kind === 'ext2' || kind === 'ext3' ? 'ext4' : kind
  return guestFileSystems.find((known) => known.kind === mounted)?.kind ?? null
}
