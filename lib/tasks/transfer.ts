import 'server-only'
import { type Context, systemContext } from '@/lib/auth/viewer'
import { blobKey, type DiskContent } from '@/lib/blobs/rules'
import { noteLayout } from '@/lib/blobs/writes'
import { log } from '@/lib/log'
import { accepted, ok, type Result } from '@/lib/result'
import { isIntact } from '@/lib/stores/checksum'
import { discardStaged } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'
import { findTransfer, type Transfer } from '@/lib/transfers/reads'
import { claimPlace, claimTransfer, type NextStep, settleTransfer } from '@/lib/transfers/writes'
import { cleanSource } from './clean-source'
import { copySource } from './copy-source'
import { importSource } from './import-source'
import { holdLease, type Lease } from './lease'
import { removeUnwanted } from './remove-blob'
import type { Source, Tell } from './source'
import { endTry } from './trouble'

const sources: Record<Transfer['kind'], Source> = { IMPORT: importSource, COPY: copySource, CLEAN: cleanSource }

export type Try = { lease: Lease; isLastTry: boolean; tell?: Tell; onStoreFailure?: (error: Error) => void }

export async function transferJob({ imageId }: { imageId: string }, isLastTry: boolean): Promise<void> {
  const transfer = await claimTransfer(imageId)
  if (!transfer) return
  const ctx = systemContext(transfer.owner, new Date())
  const lease = holdLease(transfer.work)
  await runTransfer(ctx, transfer, { lease, isLastTry })
}

/** Runs a transfer to its end or back into the queue, by the table of errors. Always releases the lease. */
export async function runTransfer(ctx: Context, transfer: Transfer, held: Try): Promise<Result<{ imageId: string }>> {
  const { lease, isLastTry, onStoreFailure } = held
  const { id, kind, regionId } = transfer
  const now = () => ({ ...ctx, now: new Date() })
  try {
    const { content, wasThere } = await bring(now, transfer, held)
    await lease.confirm()
    return ok(accepted(await settleTransfer(now(), lease.work, content, { wasThere })))
  } catch (error) {
    const met = lease.signal.aborted ? lease.signal.reason : error
    return await endTry(now(), met, { work: lease.work, kind, regionId, isLastTry, onStoreFailure })
  } finally {
    lease.release()
    await discardIfEnded(id)
  }
}

/** Brings the bytes of a transfer into its region's store. Skips work that a dead worker has completed. */
async function bring(now: () => Context, transfer: Transfer, { lease, tell }: Try) {
  const { regionId, blob } = transfer
  const store = storeOf(regionId)
  const known = blob && contentOf(blob)
  if (blob && known && (await isIntact(store, blobKey(blob), known, lease.signal)))
    return { content: known, wasThere: blob.state === 'ready' }
  const begin = async (next: NextStep) => await lease.begin(now(), next)
  const bytes = accepted(await sources[transfer.kind](transfer, { lease, begin, tell }))
  const { content, isNormalised, layout } = bytes
  const facts = isNormalised === undefined ? {} : { isNormalised }
  const place = accepted(await claimPlace(now(), lease.work, content, facts))
  const onDisk = place.isThere ? null : await layout()
  if (onDisk) await noteLayout(place.blobId, onDisk)
  // Existing bytes are verified before reuse; if damaged, the new ones replace them.
  if (!place.isThere || !(await isIntact(store, place.key, content, lease.signal))) {
    const { size } = content
    const reservedBytes = (await bytes.isMoved(store)) ? 0 : size
    accepted(await begin({ step: 'STORE', totalBytes: size, promisedBytes: size, reservedBytes }))
    // Remove unfinished parts only: a worker whose lease expired must not delete the object that its successor completed.
    await store.deleteUnfinished(place.key)
    const onProgress = (done: number) => {
      lease.tell({ doneBytes: done, reservedBytes: Math.max(0, reservedBytes - done) })
      tell?.(done, size, 'storing')
    }
    const putting = bytes.put(store, place.key, { size, signal: lease.signal, onProgress })
    await putting.finally(() => removeUnwanted(store, place))
  }
  return { content, wasThere: place.isThere }
}

function contentOf({ sha256, format, size, virtualSize }: NonNullable<Transfer['blob']>): DiskContent {
  return { sha256, format, size: Number(size), virtualSize: Number(virtualSize) }
}

async function discardIfEnded(imageId: string): Promise<void> {
  try {
    if ((await findTransfer(imageId)) === null) await discardStaged(imageId)
  } catch (error) {
    log.warn({ err: error, imageId }, 'Files of an import are left; the sweep or gc removes them.')
  }
}
