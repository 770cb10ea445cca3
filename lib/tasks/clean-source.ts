import 'server-only'
import { stat } from 'node:fs/promises'
import { blobKey } from '@/lib/blobs/rules'
import { findCleanJob } from '@/lib/clean-copies/reads'
import { cleanRefused } from '@/lib/clean-copies/rules'
import { cleanDisk } from '@/lib/disks/clean'
import { NoRoom } from '@/lib/disks/convert'
import { ok, type Result, refuse } from '@/lib/result'
import { StoreFull } from '@/lib/stores/errors'
import { fileSystemOf } from '@/lib/stores/room'
import { isSound } from '@/lib/stores/sound'
import { discardStaged, stagedFile, stagingPlace, watchStagingRoom } from '@/lib/stores/staging'
import type { Transfer } from '@/lib/transfers/reads'
import { readLayoutOf } from './import-source'
import { withLocalBytes } from './local-bytes'
import { convertedMax, hashFile, inspectFile } from './prepare-disk'
import { findReadingMachine } from './reading-machine'
import type { SourceBytes, Working } from './source'

type CleanJob = NonNullable<Awaited<ReturnType<typeof findCleanJob>>>

/**
 * The bytes of a clean copy: its source without the chosen files, made in the staging folder. The source is verified before use, and
 * never written. Refuses COPY_SOURCE_GONE, COPY_SOURCE_DAMAGED, CLEAN_REFUSED, and the refusals of reservations and of the inspector.
 */
export async function cleanSource(transfer: Transfer, working: Working): Promise<Result<SourceBytes>> {
  const { lease } = working
  const job = await findCleanJob(transfer.id)
  if (!job) return refuse({ code: 'COPY_SOURCE_GONE' })
  const { blob, regionId } = job
  const kept = { region: regionId, key: blobKey(blob), sha256: blob.sha256, size: Number(blob.size) }
  if (!(await isSound(kept, lease.signal))) return refuse({ code: 'COPY_SOURCE_DAMAGED' })
  await discardStaged(transfer.id)
  const from = { ...blob, regionId }
  const { holder } = lease.work
  const names = { name: `${transfer.id}.${holder}.source`, signal: lease.signal }
  const to = stagedFile(transfer.id, `${holder}.qcow2`)
  const cleaned = await withLocalBytes(from, names, (file) => clean(job, { file, to }, working))
  if (!cleaned.ok) return cleaned
  const result = await inspectFile(to)
  if (!result.ok) return result
  const { format, virtualSize } = result.value
  const content = { format, virtualSize, sha256: await hashFile(to, lease), size: (await stat(to)).size }
  return ok({
    content,
    isNormalised: true,
    layout: () => readLayoutOf(to, content),
    isMoved: async ({ local }) =>
      local !== null && (await fileSystemOf(local)) === (await fileSystemOf(stagingPlace())),
    put: (store, key, options) => store.take(key, to, options),
  })
}

async function clean(
  { blob, findings, isReset }: CleanJob,
  { file, to }: { file: string; to: string },
  { lease, begin }: Working,
): Promise<Result<null>> {
  const inspected = await inspectFile(file)
  if (!inspected.ok) return inspected
  const { allocatedBytes, virtualSize } = inspected.value
  const { format } = blob
  if (format !== 'qcow2' && format !== 'raw') return refuse(cleanRefused('NOTHING_CLEANABLE'))
  const sizeMax = convertedMax({ allocatedBytes, virtualSize })
  const reservedBytes = allocatedBytes + sizeMax
  const begun = await begin({ step: 'CLEAN', totalBytes: virtualSize, promisedBytes: sizeMax, reservedBytes })
  if (!begun.ok) return begun
  const room = watchStagingRoom()
  const cleaning = cleanDisk({
    ...{ source: { path: file, format }, target: to, findings, isReset, sizeMax },
    findReader: findReadingMachine,
    signal: AbortSignal.any([lease.signal, room.signal]),
    onProgress: async (percent) => {
      const written = (await bytesOf(`${to}.work/disk`)) + (await bytesOf(to))
      const doneBytes = Math.floor((virtualSize * percent) / 100)
      lease.tell({ doneBytes, reservedBytes: Math.max(0, reservedBytes - written) })
    },
  }).finally(room.end)
  const cleaned = await cleaning.catch((error) => {
    throw error instanceof NoRoom ? new StoreFull('The staging folder is full.', { cause: error }) : error
  })
  lease.signal.throwIfAborted()
  if (cleaned.ok) return ok(null)
  const { code, ...facts } = cleaned.refusal
  const partition = 'partition' in facts ? { partition: facts.partition + 1 } : {}
  return refuse(cleanRefused(code, { ...facts, ...partition }))
}

async function bytesOf(file: string): Promise<number> {
  const found = await stat(file).catch(() => null)
  return found ? found.blocks * 512 : 0
}
