import { type Blocks, makeBlocks, readPadded } from '../blocks'
import { findBtrfs } from './btrfs'
import { findLuks, findLvm, findRaid, findRaidAtEnd, findSwap, findZfs } from './containers'
import { findExfat } from './exfat'
import { findExt } from './ext'
import { findFat } from './fat'
import { type FoundFileSystem, found, type Probe, usedBytes } from './found'
import { findLabel } from './labels'
import { findEarlyMark, findLateMark } from './marks'
import { findNtfs } from './ntfs'
import { findIso, findUdf } from './optical'
import { findXfs } from './xfs'

/** Up to here reach all marks that are looked for at the front: the last is that of UFS. */
export const headBytes = 264 * 1024
/** What is looked at anywhere else: the anchors of UDF, and the end, where some members of a RAID are described. */
export const otherPlaces = { anchors: [512 * 1024, 1024 ** 2], anchorBytes: 512, endBytes: 132 * 1024 } as const

/**
 * The one list of what a disk or a part of one can hold, for the inspector and for the page that shows a disk. What frames
 * other file systems comes first. What stands in front of a disc's own blocks comes before the disc: whoever writes a disc
 * writes there too, so it is the younger. What stands behind comes after it for the same reason.
 */
const probes: readonly Probe[] = [
  findLuks,
  findLvm,
  findRaid,
  findXfs,
  findSquashfs,
  findExt,
  findNtfs,
  findExfat,
  findEarlyMark,
  findFat,
  findSwap,
  findLabel,
  findIso,
  findUdf,
  findLateMark,
  findBtrfs,
  findZfs,
  findRaidAtEnd,
]

/** Finds out what is in a part of a disk: null where nothing is known to begin like that. */
export function findFileSystem(part: Blocks): FoundFileSystem | null {
  const head = readPadded(part, 0, headBytes)
  for (const find of probes) {
    const fileSystem = find(head, part)
    if (fileSystem) return fileSystem
  }
  return null
}

/** The same by the first bytes alone: in a file of another format, what is behind them may be anything of a guest's. */
export function findInFirst(bytes: number, part: Blocks): FoundFileSystem | null {
  const first = makeBlocks(part.size, (into, offset) =>
    offset < bytes ? part.readInto(into.subarray(0, bytes - offset), offset) : 0,
  )
  return findFileSystem(first)
}

function findSquashfs(head: Buffer): FoundFileSystem | null {
  if (head.toString('latin1', 0, 4) !== 'hsqs' || head.readUInt16LE(28) !== 4) return null
  const size = Number(head.readBigUInt64LE(40))
  return found('squashfs', { size, used: usedBytes(size, 0, 1), archive: 'SquashFS' })
}
