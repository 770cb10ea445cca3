import { type Blocks, readPadded } from '../blocks'
import { findBtrfs } from './btrfs'
import { findLuks, findLvm, findRaid, findSwap, findZfs } from './containers'
import { findExfat } from './exfat'
import { findExt } from './ext'
import { findFat } from './fat'
import { type FoundFileSystem, found, type Probe, usedBytes } from './found'
import { findNtfs } from './ntfs'
import { findIso } from './optical'
import { findXfs } from './xfs'

/** Up to here reach all marks that are looked for at the front: the last is that of btrfs. */
const headBytes = 68 * 1024

/** Of these no more is known here than how they begin. */
const marks = [
  { kind: 'bitlocker', at: 3, mark: '-FVE-FS-' },
  { kind: 'apfs', at: 32, mark: 'NXSB' },
  { kind: 'hfsplus', at: 1024, mark: 'H+' },
  { kind: 'f2fs', at: 1024, mark: '\x10\x20\xf5\xf2' },
] as const

// What frames other file systems comes first: bytes of an older one may lie where it leaves a gap.
const probes: readonly Probe[] = [
  findLuks,
  findLvm,
  findRaid,
  findIso,
  findXfs,
  findSquashfs,
  findExt,
  findBtrfs,
  findNtfs,
  findExfat,
  findMark,
  findFat,
  findSwap,
  findZfs,
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

function findSquashfs(head: Buffer): FoundFileSystem | null {
  if (head.toString('latin1', 0, 4) !== 'hsqs' || head.readUInt16LE(28) !== 4) return null
  return found('squashfs', { used: usedBytes(head.readBigUInt64LE(40), 0, 1), archive: 'SquashFS' })
}

function findMark(head: Buffer): FoundFileSystem | null {
  const known = marks.find(({ at, mark }) => head.toString('latin1', at, at + mark.length) === mark)
  return known ? found(known.kind) : null
}
