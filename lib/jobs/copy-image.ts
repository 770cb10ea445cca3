import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { blobKey, type DiskContent } from '@/lib/blobs/rules'
import { findCopy } from '@/lib/copies/reads'
import { claimCopyPlace, failCopy, finishCopy } from '@/lib/copies/writes'
import { parseDiskLayout } from '@/lib/disks/layout'
import type { ImageFailure } from '@/lib/images/schema'
import { dropLease, takeLease } from '@/lib/imports/writes'
import { log, logFault } from '@/lib/log'
import { ChecksumMismatch, expectSha256, isIntact } from '@/lib/stores/checksum'
import { NotStored, StoreFull, StoreRefused, StoreUnreachable } from '@/lib/stores/errors'
import { type Store, storeOf } from '@/lib/stores/store'
import { holdLease, type Lease, LeaseLost } from './lease'
import { removeUnwanted } from './remove-blob'
import { systemContext } from './system'

type Copy = NonNullable<Awaited<ReturnType<typeof findCopy>>>
type Source = NonNullable<Copy['source']>

/** Moves the bytes of a copy to the store of its region. Of several workers that are asked, one does it. */
export async function copyImageJob({ imageId }: { imageId: string }, isLastTry: boolean): Promise<void> {
  const work = await takeLease(imageId, new Date())
  const copy = work && (await findCopy(imageId))
  if (!copy) return
  const ctx = systemContext(copy.owner, new Date())
  const lease = holdLease(work)
  try {
    if (copy.source) await copyBytes(ctx, copy, copy.source, lease)
    else await failCopy(ctx, work, { code: 'COPY_SOURCE_GONE' })
  } catch (error) {
    if (lease.signal.aborted || error instanceof LeaseLost) return
    const isFinal = [StoreFull, StoreRefused, ChecksumMismatch].some((kind) => error instanceof kind)
    if (!isLastTry && !isFinal) {
      await dropLease(work, new Date())
      throw error
    }
    await failCopy({ ...ctx, now: new Date() }, work, failureOf(error))
  } finally {
    lease.release()
  }
}

async function copyBytes(ctx: Context, copy: Copy, { regionId, blob }: Source, lease: Lease): Promise<void> {
  const { sha256, format } = blob
  const content: DiskContent = { sha256, format, size: Number(blob.size), virtualSize: Number(blob.virtualSize) }
  const claimed = await claimCopyPlace({ ...ctx, now: new Date() }, lease.work, content)
  if (!claimed.ok) return
  const { blobId, key, isThere } = claimed.value
  const target = storeOf(copy.regionId)
  // Bytes that are there already, another image's or those of a try that was cut off, are believed once they are read.
  if (!(await isIntact(target, key, content, lease.signal))) {
    // Never the key itself: one that was taken for dead must not remove what its successor has written.
    await target.deleteUnfinished(key)
    const moving = moveBytes({ source: storeOf(regionId), target }, { from: blobKey(blob), to: key }, content, lease)
    await moving.finally(() => removeUnwanted(target, { blobId, key }))
  }
  const brought = { ...content, layout: parseDiskLayout(blob.layout) }
  await finishCopy({ ...ctx, now: new Date() }, lease.work, brought, { wasThere: isThere })
}

async function moveBytes(
  stores: { source: Store; target: Store },
  keys: { from: string; to: string },
  content: DiskContent,
  lease: Lease,
): Promise<void> {
  await lease.confirm({ doneBytes: 0, totalBytes: content.size })
  const bytes = await stores.source.read(keys.from)
  const checked = expectSha256(content.sha256)
  bytes.on('error', (error) => checked.destroy(error))
  checked.on('close', () => bytes.destroy())
  await stores.target.put(keys.to, bytes.pipe(checked), {
    size: content.size,
    signal: lease.signal,
    onProgress: (done) => lease.tell({ doneBytes: done }),
  })
}

function failureOf(error: unknown): ImageFailure {
  if (error instanceof StoreFull) return { code: 'STORE_FULL' }
  if (error instanceof ChecksumMismatch || error instanceof NotStored) {
    log.error({ err: error }, 'The stored bytes of an image are not what was imported. Run verify.')
    return { code: 'COPY_SOURCE_DAMAGED' }
  }
  if (error instanceof StoreRefused) {
    log.error({ err: error }, 'A store refuses a copy.')
    return { code: 'STORE_REFUSED' }
  }
  if (error instanceof StoreUnreachable) {
    log.warn({ err: error }, 'A store cannot be reached.')
    return { code: 'STORE_UNREACHABLE' }
  }
  return { code: 'COPY_FAULT', facts: { reference: logFault(error, 'copy') } }
}
