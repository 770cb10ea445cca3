import { mkdir, open, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Reader } from '@/lib/machines/reader'
import type { Finding } from './check/report'
import { cleanGroup } from './clean/group'
import type { MachineLimits } from './clean/machine'
import { type CleanRefusal, type Plan, planClean } from './clean/plan'
import { type CleanTools, findCleanTools } from './clean/tools'
import { type Cleaning, cleanVolume } from './clean/volume'
import { convertDisk, NoRoom } from './convert'
import type { GuestFile } from './guest'
import { type Blocks, openFileBlocks, partOf } from './guest/blocks'
import { findFileSystem } from './guest/file-systems/probe'
import { readPartitionTable } from './guest/partition-table'
import { openQcow2 } from './guest/qcow2-blocks'
import { inspectDisk } from './inspect'
import { openFileReader } from './reader'

export type CleanJob = {
  source: GuestFile
  /** Path of the cleaned qcow2 file. Work in progress is in the folder of this name plus `.work`. */
  target: string
  /** What to remove: findings of a check of exactly these bytes. */
  findings: readonly Finding[]
  /** Whether to delete temporary files too. */
  isReset: boolean
  /** Maximum size of the result in bytes. */
  sizeMax: number
  signal: AbortSignal
  onProgress?: (percent: number) => void
  /**
   * Starts the machine that cleans file systems e2fsprogs cannot. Without it a finding in one is refused, and its free space stays as
   * it is.
   */
  findReader?: () => Promise<Reader | null>
  /** Limits for one file system in that machine. */
  limits?: Partial<MachineLimits>
}

/** Progress in percent at the end of each step. */
const progress = { unpacked: 35, cleaned: 55, zeroed: 70 }

/**
 * Copies a disk without the files of some findings, and zeroes the free space of its file systems, also in linear LVM volumes, so that
 * deleted data is gone too: ext2, ext3, ext4 and FAT and, if a machine can be started, XFS, Btrfs and ext4 with inline data or
 * bigalloc. Nothing is mounted on the host and no code of the guest runs; the tools that change the copy run in a sandbox. The source
 * is only read.
 *
 * Refuses a file that belongs to a package, is not cleanable or is missing, and temporary files that cannot all be deleted. Every ext
 * file system of the copy has passed e2fsck, and the copy the inspector. On any failure no file remains; an abort throws its reason,
 * and a full file system throws `NoRoom`.
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
    // Left by a process that was killed.
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
  // Created here, so that it is private from the first byte on.
  await open(raw, 'w', 0o600).then((file) => file.close())
  const args = ['convert', '-f', source.format, '-O', 'raw', '-S', '4k', path.resolve(source.path), raw]
  const end = await tools.run('qemu-img', args, { signal, fileBytes: original.size })
  if (/No space left on device|Disk quota exceeded/.test(end.stderr)) throw new NoRoom(end.stderr)
  if (end.code !== 0) throw new Error(`A disk could not be unpacked to be cleaned: ${end.stderr}`)
}

async function cleanPartitions(job: CleanJob, work: Work, raw: string): Promise<CleanRefusal | null> {
  const { tools, original, folder, plan } = work
  const { signal, isReset, findReader, limits } = job
  const cleaning: Cleaning = { tools, folder, signal, isReset, findReader, limits }
  const { slots } = readPartitionTable(original)
  const asked = [...plan.files.keys(), ...plan.swap.keys()]
  for (const partition of asked) if (!slots[partition]) return { code: 'UNSUPPORTED_FILE_SYSTEM', partition }
  for (const [partition, slot] of slots.entries()) {
    const part = { raw, original, slot, partition }
    const chosen = { steps: plan.files.get(partition) ?? [], swap: plan.swap.get(partition) ?? [] }
    const found = findFileSystem(partOf(original, slot.start, slot.size))
    const refusal =
      found?.kind === 'lvm'
        ? await cleanGroup(cleaning, part, chosen)
        : await cleanVolume(cleaning, { ...part, found, steps: chosen.steps, isSwapEmptied: chosen.swap.length > 0 })
    if (refusal) return refusal
  }
  return null
}
