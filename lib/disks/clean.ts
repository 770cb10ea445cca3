import { mkdir, open, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Reader } from '@/lib/machines/reader'
import type { GuestFileSystem } from '@/lib/machines/reader/guest'
import { freeSpaceOf, isZeroed } from './check/free-space'
import type { Finding } from './check/report'
import { guestOf } from './check/volumes'
import { applySteps, type ExtVolume, isSoundExt, mendExt } from './clean/ext'
import { filledOf, skipHolesOf } from './clean/holes'
import { cleanInMachine, type MachineLimits } from './clean/machine'
import { type CleanRefusal, type Plan, planClean } from './clean/plan'
import { emptySwap } from './clean/swap'
import { removeTemporary } from './clean/temporary'
import { type CleanTools, findCleanTools } from './clean/tools'
import { zeroRanges } from './clean/zero'
import { convertDisk, NoRoom } from './convert'
import type { GuestFile } from './guest'
import { type Blocks, openFileBlocks, partOf } from './guest/blocks'
import type { FoundFileSystem } from './guest/file-systems/found'
import { findFileSystem } from './guest/file-systems/probe'
import { readPartitionTable } from './guest/partition-table'
import { openQcow2 } from './guest/qcow2-blocks'
import type { Slot } from './guest/slot'
import { inspectDisk } from './inspect'
import { openFileReader } from './reader'

export type CleanJob = {
  source: GuestFile
  /** Where the cleaned disk goes, as qcow2. A folder of this name and `.work` beside it holds what is being made. */
  target: string
  /** What is to be removed, from the report of a check of exactly these bytes. */
  findings: readonly Finding[]
  /** Whether temporary files go, too. */
  isReset: boolean
  /** Most bytes that the result may have. */
  sizeMax: number
  signal: AbortSignal
  onProgress?: (percent: number) => void
  /** How the machine is started that changes what e2fsprogs cannot. Without it there is none. */
  findReader?: () => Promise<Reader | null>
  /** What one file system may take there. */
  limits?: Partial<MachineLimits>
}

/** How far each step has come when it ends, in percent. */
const progress = { unpacked: 35, cleaned: 55, zeroed: 70 }

/**
 * Makes a copy of a disk without the files of some findings, and with zeros in the free space of its ext2, ext3, ext4 and FAT
 * file systems, so that deleted data is gone too; of XFS, Btrfs and special ext4 where a machine can be started. Nothing is
 * mounted here and nothing of the guest's runs; the tools that change the copy run in a sandbox. The original is only read.
 *
 * Refuses a file that belongs to a package, one that is not cleanable, one that is not there, and temporary files that cannot
 * all be deleted. Every ext file system
 * of the copy has passed e2fsck, and the copy the inspector. Whatever goes wrong leaves no file; an abort throws its reason,
 * and a full file system `NoRoom`.
 */
export async function cleanDisk(job: CleanJob): Promise<{ ok: true } | { ok: false; refusal: CleanRefusal }> {
  job.signal.throwIfAborted()
  const planned = planClean(job.findings)
  if ('refusal' in planned) return { ok: false, refusal: planned.refusal }
  const tools = await findCleanTools()
  if (!tools) return { ok: false, refusal: { code: 'TOOLS_MISSING' } }
  const folder = `${path.resolve(job.target)}.work`
  const file = openFileBlocks(job.source.path)
  let isDone = false
  try {
    // What a process left that was killed.
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const original = job.source.format === 'qcow2' ? openQcow2(file) : file
    const refusal = await makeClean(job, { tools, original, folder, plan: planned.plan })
    isDone = refusal === null
    return refusal ? { ok: false, refusal } : { ok: true }
  } finally {
    file.close()
    await rm(folder, { recursive: true, force: true })
    if (!isDone) await rm(job.target, { force: true })
  }
}

type Work = { tools: CleanTools; original: Blocks; folder: string; plan: Plan }

async function makeClean(job: CleanJob, work: Work): Promise<CleanRefusal | null> {
  const { onProgress } = job
  const raw = path.join(work.folder, 'disk')
  await unpack(job, work, raw)
  onProgress?.(progress.unpacked)
  const refusal = await cleanPartitions(job, work, raw)
  if (refusal) return refusal
  onProgress?.(progress.zeroed)
  const { signal, target: to, sizeMax } = job
  const share = (percent: number) => onProgress?.(progress.zeroed + ((100 - progress.zeroed) * percent) / 100)
  const packed = await convertDisk({ from: raw, format: 'raw', to, sizeMax, signal, onProgress: share })
  if (!packed.ok) return { code: 'TOO_LARGE' }
  const reader = await openFileReader(to)
  const inspection = await inspectDisk(reader).finally(() => reader.close())
  if (!inspection.ok) throw new Error(`A cleaned disk does not pass the inspector: ${inspection.reason}.`)
  return null
}

async function unpack({ source, signal }: CleanJob, { tools, original }: Work, raw: string): Promise<void> {
  // Made by us, so that nobody else can read it from the first byte on.
  await open(raw, 'w', 0o600).then((file) => file.close())
  const args = ['convert', '-f', source.format, '-O', 'raw', '-S', '4k', path.resolve(source.path), raw]
  const end = await tools.run('qemu-img', args, { signal, fileBytes: original.size })
  if (/No space left on device|Disk quota exceeded/.test(end.stderr)) throw new NoRoom(end.stderr)
  if (end.code !== 0) throw new Error(`A disk could not be unpacked to be cleaned: ${end.stderr}`)
}

async function cleanPartitions(job: CleanJob, work: Work, raw: string): Promise<CleanRefusal | null> {
  const { slots } = readPartitionTable(work.original)
  const asked = [...work.plan.files.keys(), ...work.plan.swap]
  for (const partition of asked) if (!slots[partition]) return { code: 'UNSUPPORTED_FILE_SYSTEM', partition }
  for (const [partition, slot] of slots.entries()) {
    const found = findFileSystem(partOf(work.original, slot.start, slot.size))
    const part = { raw, slot, partition, found }
    const guest = found && !found.archive ? guestOf(found.kind) : null
    const refusal = guest
      ? await cleanForeign(job, work, { ...part, guest })
      : found?.kind.startsWith('ext')
        ? await cleanExt(job, work, part)
        : await cleanOther(job, work, part)
    if (refusal) return refusal
  }
  return null
}

type Part = { raw: string; slot: Slot; partition: number; found: FoundFileSystem | null }

async function cleanExt(job: CleanJob, work: Work, part: Part): Promise<CleanRefusal | null> {
  const { partition } = part
  const { volume, options } = extOf(job, work, part)
  const steps = work.plan.files.get(partition) ?? []
  const damaged: CleanRefusal = { code: 'DAMAGED', partition }
  if (!(await mendExt(volume, options))) return damaged
  const refusal = await applySteps(volume, steps, options)
  if (refusal) return refusal
  if (job.isReset && !(await removeTemporary(volume, options))) return { code: 'TEMPORARY_FILES_LEFT', partition }
  if (!(await mendExt(volume, options))) return damaged
  await zeroFree(job, work, part)
  return (await isSoundExt(volume, options)) ? null : damaged
}

function extOf({ signal }: CleanJob, { tools, original, folder }: Work, { raw, slot, partition }: Part) {
  const commands = path.join(folder, 'commands')
  const volume: ExtVolume = { disk: raw, start: slot.start, partition, commands, fileBytes: original.size }
  return { volume, options: { tools, signal } }
}

/** Where there is no machine, a file system of which nothing was chosen stays as it is. */
async function cleanForeign(
  job: CleanJob,
  work: Work,
  { guest, ...part }: Part & { guest: GuestFileSystem },
): Promise<CleanRefusal | null> {
  const { raw, slot, partition } = part
  const { signal, isReset } = job
  const steps = work.plan.files.get(partition) ?? []
  const reader = (await job.findReader?.()) ?? null
  if (!reader) return steps.length > 0 ? { code: 'TOOLS_MISSING' } : null
  const damaged: CleanRefusal = { code: 'DAMAGED', partition }
  const { volume, options } = extOf(job, work, part)
  if (guest === 'ext4' && !(await mendExt(volume, options))) return damaged
  const filled = await filledOf(raw, options)
  const place = { reader, raw, slot: { start: slot.start, size: slot.size }, partition, kind: guest, filled }
  const refusal = await cleanInMachine({ ...place, steps, isReset, signal, limits: job.limits })
  if (refusal) return refusal
  return guest !== 'ext4' || (await isSoundExt(volume, options)) ? null : damaged
}

async function cleanOther(job: CleanJob, work: Work, part: Part): Promise<CleanRefusal | null> {
  const { partition, found } = part
  if (work.plan.files.has(partition)) return { code: 'UNSUPPORTED_FILE_SYSTEM', partition }
  await zeroFree(job, work, part)
  if (!work.plan.swap.has(partition)) return null
  if (found?.kind !== 'swap') return { code: 'UNSUPPORTED_FILE_SYSTEM', partition }
  await withFile(part.raw, (file) => emptySwap(file, { slot: part.slot, original: work.original, signal: job.signal }))
  return null
}

async function zeroFree({ signal }: CleanJob, { tools }: Work, { raw, slot, found }: Part): Promise<void> {
  if (!found || !isZeroed(found)) return
  const skipHole = skipHolesOf(await filledOf(raw, { tools, signal }))
  const disk = openFileBlocks(raw)
  try {
    // Such a map is read without 7-Zip.
    const free = await freeSpaceOf(partOf(disk, slot.start, slot.size), found, async () => 2)
    if (free) await withFile(raw, (file) => zeroRanges(free, { file, skipHole, base: slot.start, signal }))
  } finally {
    disk.close()
  }
}

async function withFile(name: string, use: (file: Awaited<ReturnType<typeof open>>) => Promise<void>): Promise<void> {
  const file = await open(name, 'r+')
  await use(file).finally(() => file.close())
}
