import { rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Extents, volumeGroup } from '../check/lvm'
import { groupVolumesMax } from '../check/volumes'
import { type Blocks, partOf } from '../guest/blocks'
import { findFileSystem } from '../guest/file-systems/probe'
import { filledOf, skipHolesOf } from './holes'
import { copyPieces, type Piece } from './pieces'
import type { CleanRefusal, Step } from './plan'
import { type Cleaning, cleanVolume, type Place, type Volume, withFile } from './volume'
import { zeroRanges } from './zero'

/** What to clean in a group: files, whose paths begin with `group/volume`, and swap volumes by name. */
export type ChosenInGroup = { steps: readonly Step[]; swap: readonly string[] }

/**
 * Cleans the volumes of a group like partitions, and zeroes its free extents. Its metadata stays. A group that is not plain (see
 * `VolumeGroup`) is left as it is, and refused if anything in it was chosen.
 */
export async function cleanGroup(
  cleaning: Cleaning,
  place: Place,
  { steps, swap }: ChosenInGroup,
): Promise<CleanRefusal | null> {
  const { raw, original, slot, partition } = place
  const unsupported: CleanRefusal = { code: 'UNSUPPORTED_FILE_SYSTEM', partition }
  const group = volumeGroup(partOf(original, slot.start, slot.size), groupVolumesMax)
  if (!group?.isPlain) return steps.length > 0 || swap.length > 0 ? unsupported : null
  const isOfGroup = (name: string) => group.volumes.some((volume) => volume.name === name)
  if (![...steps.map(({ path: of }) => volumeOf(of)), ...swap].every(isOfGroup)) return unsupported
  for (const { name, blocks, pieces } of group.volumes) {
    // True for every volume of a plain group.
    if (!blocks || !pieces) continue
    const own = steps.flatMap((step) =>
      volumeOf(step.path) === name ? [{ ...step, path: step.path.slice(name.length + 1) }] : [],
    )
    const chosen = { found: findFileSystem(blocks), steps: own, isSwapEmptied: swap.includes(name) }
    const refusal = await cleanPieces(cleaning, { ...place, ...chosen }, { blocks, pieces: joined(pieces) })
    if (refusal) return refusal
  }
  const skipHole = skipHolesOf(await filledOf(raw, cleaning))
  const { signal } = cleaning
  await withFile(raw, (file) => zeroRanges(group.free, { file, skipHole, base: slot.start, signal }))
  return null
}

/** The `group/volume` at the start of a path. */
function volumeOf(of: string): string {
  return of.split('/', 2).join('/')
}

/** Merges segments that are adjacent both in the volume and on the partition. */
function joined(pieces: readonly Extents[]): Extents[] {
  const all: Extents[] = []
  for (const piece of pieces) {
    const last = all.at(-1)
    if (last && last.from + last.count === piece.from) last.count += piece.count
    else all.push({ ...piece })
  }
  return all
}

/**
 * Cleans a volume in place if it is contiguous. Otherwise it is copied to a file, cleaned there, and the changes are written back. That
 * file needs no more space than is reserved for the result, which does not exist yet.
 */
async function cleanPieces(
  cleaning: Cleaning,
  group: Volume,
  { blocks, pieces }: { blocks: Blocks; pieces: readonly Extents[] },
): Promise<CleanRefusal | null> {
  const { raw, slot } = group
  const [first, second] = pieces
  if (first && !second)
    return await cleanVolume(cleaning, { ...group, slot: { start: slot.start + first.from, size: first.count } })
  const file = path.join(cleaning.folder, 'volume')
  try {
    await writeFile(file, '', { mode: 0o600 })
    await truncate(file, blocks.size)
    const out = pieces.map(({ start, count, from }): Piece => ({ from: slot.start + from, to: start, length: count }))
    await copyPieces(out, { from: raw, to: file, ...cleaning })
    const own = { raw: file, original: blocks, slot: { start: 0, size: blocks.size } }
    const refusal = await cleanVolume(cleaning, { ...group, ...own })
    if (refusal) return refusal
    const back = out.map(({ from, to, length }): Piece => ({ from: to, to: from, length }))
    await copyPieces(back, { from: file, to: raw, ...cleaning })
    return null
  } finally {
    await rm(file, { force: true })
  }
}
