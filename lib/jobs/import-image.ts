import 'server-only'
import type { Readable } from 'node:stream'
import type { Context } from '@/lib/auth/viewer'
import { env } from '@/lib/env'
import type { ImageFailure } from '@/lib/images/schema'
import { findImport } from '@/lib/imports/reads'
import { leaseMs } from '@/lib/imports/rules'
import type { ImportImageInput } from '@/lib/imports/schema'
import { beginImport, endReceiving, failImport, newHolder, type Work } from '@/lib/imports/writes'
import { logFault } from '@/lib/log'
import { type Result, refuse } from '@/lib/result'
import { StoreFull, TooLarge } from '@/lib/stores/errors'
import { discardStaged, receiveStaged } from '@/lib/stores/staging'
import { failureOf, finishHeldImport } from './finish-import'
import { holdLease, type Lease, LeaseLost } from './lease'
import { sweepImages } from './sweep-images'

/** What a source fails with when whoever runs the import gives it up, as with Ctrl-C. Not a fault, so nothing is logged. */
export class ImportInterrupted extends Error {}

export type ImportStage = 'receiving' | 'checking' | 'converting' | 'storing'
export type ImportSource = {
  open: () => Readable
  fileName?: string
  size?: number
  /** Told how far a stage has come: bytes, of so many where that is known. */
  onProgress?: (done: number, total: number | undefined, stage: ImportStage) => void
  /** Told why the store failed the import, which only an operator may learn; the refusal does not say it. */
  onStoreFailure?: (error: Error) => void
}

/**
 * Takes a local disk of any size into a region, as an upload does with its own way of receiving: the quota place is taken
 * first, the bytes arrive in the staging folder, hashed on the way, and from there they go the one path of `finish-import`.
 * Whatever goes wrong, the image says why, its place is free again and no byte stays.
 */
export async function importImage(
  ctx: Context,
  input: ImportImageInput,
  source: ImportSource,
): Promise<Result<{ imageId: string }>> {
  await sweepImages(ctx.now)
  const holder = newHolder()
  const arrival = { patienceMs: leaseMs, fileName: source.fileName, size: source.size, holder }
  const begun = await beginImport(ctx, input, arrival)
  if (!begun.ok) return begun
  const { imageId } = begun.value
  const lease = holdLease({ imageId, holder })
  try {
    const received = await receive(ctx, input.region, source, lease)
    if (!received.ok) {
      // What was taken for dead is failed, or was, by the sweep, with a reason of its own.
      if (received.refusal.code !== 'IMAGE_BUSY') await giveUp(ctx, lease.work, failureOf(received.refusal))
      return received
    }
    const running = await findImport(imageId)
    if (!running) return refuse({ code: 'IMAGE_BUSY', state: 'failed' })
    const { onProgress: tell, onStoreFailure } = source
    return await finishHeldImport(ctx, { running, lease, tell, onStoreFailure, isLastTry: true })
  } finally {
    lease.release()
  }
}

async function receive(
  ctx: Context,
  region: string,
  source: ImportSource,
  lease: Lease,
): Promise<Result<{ imageId: string }>> {
  const { imageId } = lease.work
  const sizeMax = env().ECS_IMAGE_SIZE_MAX
  try {
    const received = await receiveStaged(imageId, source.open(), {
      sizeMax,
      signal: lease.signal,
      onProgress: (done) => {
        lease.tell({ doneBytes: done })
        source.onProgress?.(done, source.size, 'receiving')
      },
    })
    // Taken for dead while it slept: its bytes may be gone already.
    await lease.confirm()
    const now = { ...ctx, now: new Date() }
    return await endReceiving(now, lease.work, { ...received, claimedSha256: null })
  } catch (error) {
    if (error instanceof TooLarge) return refuse({ code: 'IMAGE_TOO_LARGE', max: sizeMax })
    if (error instanceof StoreFull) return refuse({ code: 'STORE_FULL', region })
    if (error instanceof LeaseLost) {
      await discardStaged(imageId)
      return refuse({ code: 'IMAGE_BUSY', state: 'failed' })
    }
    const isWanted = error instanceof ImportInterrupted
    const fault = () => ({ code: 'IMPORT_FAULT', facts: { reference: logFault(error, 'import') } })
    await giveUp(ctx, lease.work, isWanted ? { code: 'IMPORT_INTERRUPTED' } : fault())
    throw error
  }
}

async function giveUp(ctx: Context, work: Work, failure: ImageFailure): Promise<void> {
  const failed = await failImport({ ...ctx, now: new Date() }, work, failure)
  if (failed.ok && failed.value) await discardStaged(work.imageId)
}
