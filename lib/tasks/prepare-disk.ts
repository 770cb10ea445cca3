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
import { discardStaged, stagedFile, watchStagingRoom } from '@/lib/stores/staging'
import type { Transfer } from '@/lib/transfers/reads'
import type { Lease } from './lease'
import type { Working } from './source'

export type PreparedDisk = { file: string; content: DiskContent; isNormalised: boolean }

/** The cluster size of a converted disk. Each smaller cluster of the file may need one of these. */
const clusterBytes = 2 ** 16
/** A converted disk may need tables that the original lacks: one byte for each 8 KiB of disk, plus 1 MiB. */
const bytesPerTableByte = 2 ** 13
const tablesMin = 2 ** 20
const tablesMax = 64 * 2 ** 20

/** Inspects, converts and inspects again the disk of an import. Refuses DISK_REFUSED and CHECKSUM_MISMATCH. */
export async function prepareDisk(running: Transfer, working: Working): Promise<Result<PreparedDisk>> {
  const { lease, tell } = working
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
  const { format, virtualSize, allocatedBytes } = inspected.value
  const original = { file, allocatedBytes, content: { format, virtualSize, sha256, size } }
  return await normalise(original, working)
}

export function convertedMax({ allocatedBytes, virtualSize }: { allocatedBytes: number; virtualSize: number }): number {
  const most =
    Math.ceil(allocatedBytes / clusterBytes) * clusterBytes + Math.ceil(virtualSize / bytesPerTableByte) + tablesMin
  return Math.min(most, env().ECS_IMAGE_SIZE_MAX + tablesMax)
}

type Original = { file: string; allocatedBytes: number; content: DiskContent }

async function normalise(original: Original, { lease, begin, tell }: Working): Promise<Result<PreparedDisk>> {
  const { file, content } = original
  const { format, virtualSize } = content
  if ((await findDiskTool()) === null) {
    const isKept = format === 'qcow2' || format === 'raw'
    return isKept ? ok({ file, content, isNormalised: false }) : refused('tool-missing', { format })
  }
  await discardStaged(lease.work.imageId, { isKept: true })
  const most = convertedMax({ allocatedBytes: original.allocatedBytes, virtualSize })
  const begun = await begin({ step: 'CONVERT', totalBytes: virtualSize, promisedBytes: most, reservedBytes: most })
  if (!begun.ok) return begun
  // Named after the holder, because one whose lease has expired may still be writing.
  const to = stagedFile(lease.work.imageId, `${lease.work.holder}.qcow2`)
  const room = watchStagingRoom()
  const conversion = convertDisk({
    from: file,
    format,
    to,
    sizeMax: most,
    signal: AbortSignal.any([lease.signal, room.signal]),
    onProgress: async (percent) => {
      tell?.(percent, 100, 'converting')
      const written = await stat(to).catch(() => null)
      const reservedBytes = Math.max(0, most - (written?.size ?? 0))
      lease.tell({ doneBytes: Math.floor((virtualSize * percent) / 100), reservedBytes })
    },
  }).finally(room.end)
  const converted = await conversion.catch((error) => {
    throw error instanceof NoRoom ? new StoreFull('The staging folder is full.', { cause: error }) : error
  })
  lease.signal.throwIfAborted()
  if (!converted.ok) return refused(converted.reason, converted.facts)
  const result = await inspectFile(to)
  if (!result.ok) return result
  const written = { sha256: await hashFile(to, lease), size: (await stat(to)).size }
  const { virtualSize: seen } = result.value
  return ok({ file: to, content: { format: result.value.format, virtualSize: seen, ...written }, isNormalised: true })
}

export async function inspectFile(file: string): Promise<Result<Disk>> {
  const reader = await openFileReader(file)
  const inspection = await inspectDisk(reader).finally(() => reader.close())
  return inspection.ok ? ok(inspection.disk) : refused(inspection.reason, inspection.facts)
}

function refused(reason: string, facts: Record<string, string | number>) {
  return refuse({ code: 'DISK_REFUSED', reason, facts })
}

export async function hashFile(file: string, lease: Lease, onProgress?: (done: number) => void): Promise<string> {
  return await sha256Of(createReadStream(file, { highWaterMark: 2 ** 20 }), { onProgress, signal: lease.signal })
}
