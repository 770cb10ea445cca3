import 'server-only'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { DiskContent } from '@/lib/blobs/rules'
import { convertDisk, findDiskTool, NoRoom } from '@/lib/disks/convert'
import { type Disk, inspectDisk } from '@/lib/disks/inspect'
import { openFileReader } from '@/lib/disks/reader'
import { env } from '@/lib/env'
import { noteOrigin } from '@/lib/imports/writes'
import { ok, type Result, refuse } from '@/lib/result'
import { sha256Of } from '@/lib/stores/checksum'
import { StoreFull } from '@/lib/stores/errors'
import { discardStaged, requireStagingRoom, stagedFile } from '@/lib/stores/staging'
import type { Transfer } from '@/lib/transfers/reads'
import type { Lease } from './lease'
import type { Tell } from './source'

/** A local file that may go into a store, and what it is. */
export type PreparedDisk = { file: string; content: DiskContent; isNormalised: boolean }

/** A disk written anew has tables that the file it came as may not have had: 1 MiB for every 8 GiB, and then some. */
const tablesMax = 64 * 2 ** 20

/**
 * Looks into the staged file of an import and writes its disk anew as qcow2. Our own inspector comes before every tool, and
 * again after it. Without the tool a sound qcow2 or raw disk is kept as it came. Refuses DISK_REFUSED, CHECKSUM_MISMATCH.
 */
export async function prepareDisk(
  running: Transfer,
  lease: Lease,
  tell: Tell | undefined,
): Promise<Result<PreparedDisk>> {
  const file = stagedFile(running.id)
  const inspected = await inspectFile(file)
  if (!inspected.ok) return inspected
  const { size } = await stat(file)
  await lease.confirm({ step: 'CHECK', doneBytes: 0, totalBytes: size })
  const sha256 =
    running.originSha256 ??
    (await hashFile(file, lease, (done) => {
      lease.tell({ doneBytes: done })
      tell?.(done, size, 'checking')
    }))
  if (running.claimedSha256 !== null && running.claimedSha256 !== sha256) return refuse({ code: 'CHECKSUM_MISMATCH' })
  await noteOrigin(running.id, { format: inspected.value.format, sha256 })
  const original = { file, content: { ...inspected.value, sha256, size } }
  return await normalise(original, lease, tell)
}

async function normalise(
  original: { file: string; content: DiskContent },
  lease: Lease,
  tell: Tell | undefined,
): Promise<Result<PreparedDisk>> {
  const { format, size, virtualSize } = original.content
  if ((await findDiskTool()) === null) {
    const isKept = format === 'qcow2' || format === 'raw'
    return isKept ? ok({ ...original, isNormalised: false }) : refused('tool-missing', { format })
  }
  await lease.confirm({ step: 'CONVERT', doneBytes: 0, totalBytes: virtualSize })
  // What earlier tries have made of it.
  await discardStaged(lease.work.imageId, { isKept: true })
  await requireStagingRoom(size)
  // A name of this holder's own: one that was taken for dead may still be at it.
  const to = stagedFile(lease.work.imageId, `${lease.work.holder}.qcow2`)
  const conversion = convertDisk({
    from: original.file,
    format,
    to,
    sizeMax: env().ECS_IMAGE_SIZE_MAX + tablesMax,
    signal: lease.signal,
    onProgress: (percent) => {
      lease.tell({ doneBytes: Math.floor((virtualSize * percent) / 100) })
      tell?.(percent, 100, 'converting')
    },
  })
  const converted = await conversion.catch((error) => {
    throw error instanceof NoRoom ? new StoreFull('The staging folder is full.', { cause: error }) : error
  })
  lease.signal.throwIfAborted()
  if (!converted.ok) return refused(converted.reason, converted.facts)
  const result = await inspectFile(to)
  if (!result.ok) return result
  const written = { sha256: await hashFile(to, lease), size: (await stat(to)).size }
  return ok({ file: to, content: { ...result.value, ...written }, isNormalised: true })
}

async function inspectFile(file: string): Promise<Result<Disk>> {
  const reader = await openFileReader(file)
  const inspection = await inspectDisk(reader).finally(() => reader.close())
  return inspection.ok ? ok(inspection.disk) : refused(inspection.reason, inspection.facts)
}

function refused(reason: string, facts: Record<string, string | number>) {
  return refuse({ code: 'DISK_REFUSED', reason, facts })
}

async function hashFile(file: string, lease: Lease, onProgress?: (done: number) => void): Promise<string> {
  return await sha256Of(createReadStream(file, { highWaterMark: 2 ** 20 }), { onProgress, signal: lease.signal })
}
