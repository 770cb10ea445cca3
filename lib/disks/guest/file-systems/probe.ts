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

/** All signatures at the start of a partition are within this many bytes; the last is that of UFS. */
export const headBytes = 264 * 1024
/** Other places that are read: UDF anchors, and the end, where some RAID members have their superblock. */
export const otherPlaces = { anchors: [512 * 1024, 1024 ** 2], anchorBytes: 512, endBytes: 132 * 1024 } as const

/**
 * The only list of file systems, for the inspector and for a disk's page. Containers of other file systems come first. Signatures in
 * front of a disc's own blocks come before the disc: writing a disc overwrites that area, so they are newer. Signatures behind it come
 * after it for the same reason.
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

/** Recognises the content of a partition; null if it is unknown. */
export function findFileSystem(part: Blocks): FoundFileSystem | null {
  const head = readPadded(part, 0, headBytes)
  for (const find of probes) {
    const fileSystem = find(head, part)
    if (fileSystem) return fileSystem
  }
  return null
}

/** Recognises it by its first bytes alone: in a file of another format the bytes behind them may be the guest's. */
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
