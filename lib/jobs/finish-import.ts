import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { blobKey, type DiskContent } from '@/lib/blobs/rules'
import { readGuest } from '@/lib/disks/guest'
import type { DiskLayout } from '@/lib/disks/layout'
import type { ImageFailure } from '@/lib/images/schema'
import { findImport, type RunningImport } from '@/lib/imports/reads'
import { claimPlace, dropLease, failImport, finishImport, takeLease } from '@/lib/imports/writes'
import { log, logFault } from '@/lib/log'
import { type Refusal, type Result, refuse } from '@/lib/result'
import { StoreFull, StoreUnreachable } from '@/lib/stores/errors'
import { discardStaged } from '@/lib/stores/staging'
import { type Store, storeOf } from '@/lib/stores/store'
import type { ImportSource } from './import-image'
import { holdLease, type Lease, LeaseLost } from './lease'
import { prepareDisk } from './prepare-disk'
import { systemContext } from './system'

type Tell = ImportSource['onProgress']

/** Goes on with an import whose file has arrived whole. Of several workers that are asked, one does it. */
export async function finishImportJob({ imageId }: { imageId: string }, isLastTry: boolean): Promise<void> {
  if (!(await takeLease(imageId, new Date()))) return
  const running = await findImport(imageId)
  if (!running) return
  const lease = holdLease(imageId)
  try {
    await finishImportOf(systemContext(running.owner, new Date()), running, lease, undefined, isLastTry)
  } finally {
    lease.release()
  }
}

/** The same for whoever has received the file and holds the lease already: one try, and what fails it is thrown. */
export async function finishHeldImport(
  ctx: Context,
  running: RunningImport,
  lease: Lease,
  tell: Tell,
): Promise<Result<{ imageId: string }>> {
  return await finishImportOf(ctx, running, lease, tell, true)
}

async function finishImportOf(
  ctx: Context,
  running: RunningImport,
  lease: Lease,
  tell: Tell,
  isLastTry: boolean,
): Promise<Result<{ imageId: string }>> {
  const { id: imageId, regionId: region } = running
  const now = () => ({ ...ctx, now: new Date() })
  try {
    const stored = await storeDisk(ctx, running, lease, tell)
    if (!stored.ok) return await giveUp(now(), imageId, stored.refusal)
    await lease.confirm()
    const finished = await finishImport(now(), imageId, stored.value)
    if (finished.ok) await discardStaged(imageId)
    return finished
  } catch (error) {
    if (lease.signal.aborted || error instanceof LeaseLost) {
      await discardStaged(imageId)
      return refuse({ code: 'IMAGE_BUSY', state: 'failed' })
    }
    if (error instanceof StoreFull) return await giveUp(now(), imageId, { code: 'STORE_FULL', region })
    if (error instanceof StoreUnreachable && isLastTry) {
      log.warn({ err: error, region }, 'A store cannot be reached.')
      return await giveUp(now(), imageId, { code: 'STORE_UNREACHABLE', region })
    }
    if (!isLastTry) {
      await dropLease(imageId)
      throw error
    }
    const failure = { code: 'IMPORT_FAULT', facts: { reference: logFault(error, 'import') } }
    await failImport(now(), imageId, failure)
    throw error
  }
}

async function giveUp(ctx: Context, imageId: string, refusal: Refusal): Promise<Result<{ imageId: string }>> {
  if (refusal.code === 'IMAGE_BUSY') return refuse(refusal)
  await failImport(ctx, imageId, failureOf(refusal))
  await discardStaged(imageId)
  return refuse(refusal)
}

/** Brings the bytes of an import into the store of its region. What a dead worker has done of it is not done again. */
async function storeDisk(
  ctx: Context,
  running: RunningImport,
  lease: Lease,
  tell: Tell,
): Promise<Result<DiskContent & { layout?: DiskLayout | null }>> {
  const { id: imageId, regionId, blob } = running
  const store = storeOf(regionId)
  const known = blob && { ...contentOf(blob), layout: null }
  if (blob && known && (await hasWhole(store, blobKey(blob), known.size))) return { ok: true, value: known }
  const prepared = await prepareDisk(running, lease, tell)
  if (!prepared.ok) return prepared
  const { file, content, isNormalised } = prepared.value
  const place = await claimPlace({ ...ctx, now: new Date() }, imageId, content, { isNormalised })
  if (!place.ok) return place
  const layout = place.value.isThere ? null : await readLayoutOf(file, content)
  if (!place.value.isThere || !(await hasWhole(store, place.value.key, content.size))) {
    await lease.confirm({ step: 'STORE', doneBytes: 0, totalBytes: content.size })
    // What a worker that has died had written of it.
    await store.delete(place.value.key)
    await store.take(place.value.key, file, {
      size: content.size,
      signal: lease.signal,
      onProgress: (done) => {
        lease.tell({ doneBytes: done })
        tell?.(done, content.size, 'storing')
      },
    })
  }
  return { ok: true, value: { ...content, layout } }
}

function contentOf(blob: NonNullable<RunningImport['blob']>): DiskContent {
  const { sha256, format } = blob
  return { sha256, format, size: Number(blob.size), virtualSize: Number(blob.virtualSize) }
}

async function hasWhole(store: Store, key: string, size: number): Promise<boolean> {
  return (await store.stat(key))?.size === size
}

/** What is on the disk is good to know, and never a reason to refuse it. */
async function readLayoutOf(file: string, { format }: DiskContent): Promise<DiskLayout | null> {
  if (format !== 'qcow2' && format !== 'raw') return null
  try {
    return await readGuest({ path: file, format })
  } catch (error) {
    log.warn({ err: error }, 'The layout of a disk could not be read.')
    return null
  }
}

/** Why an image failed, of a refusal: its code and what its sentence needs. */
export function failureOf(refusal: Refusal): ImageFailure {
  return {
    code: refusal.code,
    ...('reason' in refusal ? { reason: refusal.reason } : {}),
    facts: 'facts' in refusal ? refusal.facts : 'max' in refusal ? { max: refusal.max } : {},
  }
}
