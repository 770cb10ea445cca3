import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { blobKey, type DiskContent } from '@/lib/blobs/rules'
import { noteLayout } from '@/lib/blobs/writes'
import { readGuest } from '@/lib/disks/guest'
import type { DiskLayout } from '@/lib/disks/layout'
import type { ImageFailure } from '@/lib/images/schema'
import { findImport, type RunningImport } from '@/lib/imports/reads'
import { claimPlace, dropLease, failImport, finishImport, takeLease, type Work } from '@/lib/imports/writes'
import { log, logFault } from '@/lib/log'
import { ok, type Refusal, type Result, refuse } from '@/lib/result'
import { isIntact } from '@/lib/stores/checksum'
import { StoreFull, StoreRefused, StoreUnreachable } from '@/lib/stores/errors'
import { discardStaged } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'
import type { ImportSource } from './import-image'
import { holdLease, type Lease, LeaseLost } from './lease'
import { prepareDisk } from './prepare-disk'
import { removeUnwanted } from './remove-blob'
import { systemContext } from './system'

type Tell = ImportSource['onProgress']

/** Goes on with an import whose file has arrived whole. Of several workers that are asked, one does it. */
export async function finishImportJob({ imageId }: { imageId: string }, isLastTry: boolean): Promise<void> {
  const work = await takeLease(imageId, new Date())
  const running = work && (await findImport(imageId))
  if (!running) return
  const lease = holdLease(work)
  try {
    await finishHeldImport(systemContext(running.owner, new Date()), { running, lease, isLastTry })
  } finally {
    lease.release()
  }
}

/** One try to finish an import by whoever holds its lease. Another one may follow, unless it is the last. */
type Try = {
  running: RunningImport
  lease: Lease
  tell?: Tell
  onStoreFailure?: ImportSource['onStoreFailure']
  isLastTry: boolean
}

/** The same for whoever has received the file and holds the lease already. What fails it is thrown. */
export async function finishHeldImport(ctx: Context, held: Try): Promise<Result<{ imageId: string }>> {
  try {
    return await tryToFinish(ctx, held)
  } finally {
    await discardIfEnded(held.running.id)
  }
}

async function tryToFinish(ctx: Context, held: Try): Promise<Result<{ imageId: string }>> {
  const { running, lease, isLastTry, onStoreFailure } = held
  const { regionId: region } = running
  const now = () => ({ ...ctx, now: new Date() })
  try {
    const stored = await storeDisk(ctx, held)
    if (!stored.ok) return await giveUp(now(), lease.work, stored.refusal)
    await lease.confirm()
    return await finishImport(now(), lease.work, stored.value)
  } catch (error) {
    if (lease.signal.aborted || error instanceof LeaseLost) return refuse({ code: 'IMAGE_BUSY', state: 'failed' })
    if (error instanceof StoreFull) return await giveUp(now(), lease.work, { code: 'STORE_FULL', region })
    if (error instanceof StoreUnreachable) onStoreFailure?.(error)
    if (error instanceof StoreRefused) {
      log.error({ err: error, region }, 'A store refuses an import.')
      return await giveUp(now(), lease.work, { code: 'STORE_REFUSED', region })
    }
    if (error instanceof StoreUnreachable && isLastTry) {
      log.warn({ err: error, region }, 'A store cannot be reached.')
      return await giveUp(now(), lease.work, { code: 'STORE_UNREACHABLE', region })
    }
    if (!isLastTry) {
      await dropLease(lease.work, new Date())
      throw error
    }
    const failure = { code: 'IMPORT_FAULT', facts: { reference: logFault(error, 'import') } }
    await failImport(now(), lease.work, failure)
    throw error
  }
}

async function giveUp(ctx: Context, work: Work, refusal: Refusal): Promise<Result<{ imageId: string }>> {
  await failImport(ctx, work, failureOf(refusal))
  return refuse(refusal)
}

/** What was written since an import ended, whoever ended it. One that somebody else goes on with keeps its files. */
async function discardIfEnded(imageId: string): Promise<void> {
  try {
    if ((await findImport(imageId)) === null) await discardStaged(imageId)
  } catch (error) {
    log.warn({ err: error, imageId }, 'Files of an import are left; the sweep or gc removes them.')
  }
}

/** Brings the bytes of an import into the store of its region. What a dead worker has done of it is not done again. */
async function storeDisk(ctx: Context, { running, lease, tell }: Try): Promise<Result<DiskContent>> {
  const { regionId, blob } = running
  const store = storeOf(regionId)
  const known = blob && contentOf(blob)
  if (blob && known && (await isIntact(store, blobKey(blob), known, lease.signal))) return ok(known)
  const prepared = await prepareDisk(running, lease, tell)
  if (!prepared.ok) return prepared
  const { file, content, isNormalised } = prepared.value
  const place = await claimPlace({ ...ctx, now: new Date() }, lease.work, content, { isNormalised })
  if (!place.ok) return place
  const { blobId, key, isThere } = place.value
  const layout = isThere ? null : await readLayoutOf(file, content)
  if (layout) await noteLayout(blobId, layout)
  await lease.confirm({ step: 'STORE', doneBytes: 0, totalBytes: content.size })
  // Bytes that are there already are believed once they are read; the file that has come mends them.
  if (!isThere || !(await isIntact(store, key, content, lease.signal))) {
    // Never the key itself: one that was taken for dead must not remove what its successor has written.
    await store.deleteUnfinished(key)
    const taking = store.take(key, file, {
      size: content.size,
      signal: lease.signal,
      onProgress: (done) => {
        lease.tell({ doneBytes: done })
        tell?.(done, content.size, 'storing')
      },
    })
    await taking.finally(() => removeUnwanted(store, { blobId, key }))
  }
  return ok(content)
}

function contentOf(blob: NonNullable<RunningImport['blob']>): DiskContent {
  const { sha256, format } = blob
  return { sha256, format, size: Number(blob.size), virtualSize: Number(blob.virtualSize) }
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
