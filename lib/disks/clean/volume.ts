import { open } from 'node:fs/promises'
import path from 'node:path'
import type { Reader } from '@/lib/machines/reader'
import type { GuestFileSystem } from '@/lib/machines/reader/guest'
import { freeSpaceOf, isZeroed } from '../check/free-space'
import { guestOf } from '../check/volumes'
import { type Blocks, openFileBlocks, partOf } from '../guest/blocks'
import type { FoundFileSystem } from '../guest/file-systems/found'
import type { Slot } from '../guest/slot'
import { applySteps, type ExtVolume, isSoundExt, mendExt } from './ext'
import { filledOf, skipHolesOf } from './holes'
import { cleanInMachine, type MachineLimits } from './machine'
import type { CleanRefusal, Step } from './plan'
import { emptySwap } from './swap'
import { removeTemporary } from './temporary'
import type { CleanTools } from './tools'
import { zeroRanges } from './zero'

/** Options for all file systems of a disk. `folder` is for temporary files. */
export type Cleaning = {
  tools: CleanTools
  folder: string
  signal: AbortSignal
  /** Whether to delete temporary files too. */
  isReset: boolean
  findReader: (() => Promise<Reader | null>) | undefined
  limits: Partial<MachineLimits> | undefined
}

/** A range of a file, and the disk as it was before any cleaning. */
export type Place = { raw: string; original: Blocks; slot: Pick<Slot, 'start' | 'size'>; partition: number }

/** A range with one file system, and what to clean in it. */
export type Volume = Place & { found: FoundFileSystem | null; steps: readonly Step[]; isSwapEmptied: boolean }

/** Cleans one file system: its files, swap space and free space. An unknown one is skipped if no files in it were chosen. */
export async function cleanVolume(cleaning: Cleaning, volume: Volume): Promise<CleanRefusal | null> {
  const { found, partition } = volume
  if (volume.isSwapEmptied && found?.kind !== 'swap') return { code: 'UNSUPPORTED_FILE_SYSTEM', partition }
  // The tools trust the stated size, and would write behind the partition.
  if (found && /^ext[234]$/.test(found.kind) && (found.size ?? 0) > volume.slot.size)
    return { code: 'DAMAGED', partition }
  const guest = found && !found.archive ? guestOf(found.kind) : null
  if (guest) return await cleanForeign(cleaning, volume, guest)
  return found?.archive === 'Ext' ? await cleanExt(cleaning, volume) : await cleanOther(cleaning, volume)
}

async function cleanExt(cleaning: Cleaning, place: Volume): Promise<CleanRefusal | null> {
  const { partition, steps } = place
  const volume = extOf(cleaning, place)
  const damaged: CleanRefusal = { code: 'DAMAGED', partition }
  if (!(await mendExt(volume, cleaning))) return damaged
  const refusal = await applySteps(volume, steps, cleaning)
  if (refusal) return refusal
  if (cleaning.isReset && !(await removeTemporary(volume, cleaning))) return { code: 'TEMPORARY_FILES_LEFT', partition }
  if (!(await mendExt(volume, cleaning))) return damaged
  await zeroFree(cleaning, place)
  return (await isSoundExt(volume, cleaning)) ? null : damaged
}

function extOf({ folder }: Cleaning, { raw, original, slot, partition }: Volume): ExtVolume {
  return { disk: raw, start: slot.start, partition, commands: path.join(folder, 'commands'), fileBytes: original.size }
}

/** Without a machine, a file system is skipped if no files in it were chosen. */
async function cleanForeign(cleaning: Cleaning, place: Volume, guest: GuestFileSystem): Promise<CleanRefusal | null> {
  const { raw, slot, partition, steps } = place
  const { signal, isReset, limits } = cleaning
  const reader = (await cleaning.findReader?.()) ?? null
  if (!reader) return steps.length > 0 ? { code: 'TOOLS_MISSING' } : null
  const damaged: CleanRefusal = { code: 'DAMAGED', partition }
  const volume = extOf(cleaning, place)
  if (guest === 'ext4' && !(await mendExt(volume, cleaning))) return damaged
  const filled = await filledOf(raw, cleaning)
  const { start, size } = slot
  const job = { reader, raw, slot: { start, size }, partition, kind: guest, filled }
  const refusal = await cleanInMachine({ ...job, steps, isReset, signal, limits })
  if (refusal) return refusal
  return guest !== 'ext4' || (await isSoundExt(volume, cleaning)) ? null : damaged
}

async function cleanOther(cleaning: Cleaning, place: Volume): Promise<CleanRefusal | null> {
  const { raw, slot, partition, original } = place
  if (place.steps.length > 0) return { code: 'UNSUPPORTED_FILE_SYSTEM', partition }
  await zeroFree(cleaning, place)
  if (!place.isSwapEmptied) return null
  await withFile(raw, (file) => emptySwap(file, { slot, original, signal: cleaning.signal }))
  return null
}

async function zeroFree(cleaning: Cleaning, { raw, slot, found }: Volume): Promise<void> {
  if (!found || !isZeroed(found)) return
  const skipHole = skipHolesOf(await filledOf(raw, cleaning))
  const disk = openFileBlocks(raw)
  try {
    // These bitmaps are read without 7-Zip.
    const free = await freeSpaceOf(partOf(disk, slot.start, slot.size), found, async () => 2)
    const { signal } = cleaning
    if (free) await withFile(raw, (file) => zeroRanges(free, { file, skipHole, base: slot.start, signal }))
  } finally {
    disk.close()
  }
}

/** Opens an existing file for reading and writing. */
export async function withFile(
  name: string,
  use: (file: Awaited<ReturnType<typeof open>>) => Promise<void>,
): Promise<void> {
  const file = await open(name, 'r+')
  await use(file).finally(() => file.close())
}
