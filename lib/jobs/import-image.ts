import 'server-only'
import type { Readable } from 'node:stream'
import type { Context } from '@/lib/auth/viewer'
import { inspectDisk } from '@/lib/disks/inspect'
import { env } from '@/lib/env'
import { leaseRenewMs } from '@/lib/images/rules'
import type { ImageFailure, ImportImageInput } from '@/lib/images/schema'
import { beginImport, failImport, finishImport, type ImportedDisk, renewLease } from '@/lib/images/writes'
import { logFault } from '@/lib/log'
import { ok, type Refusal, type Result, refuse } from '@/lib/result'
import { StoreFull, TooLarge } from '@/lib/stores/errors'
import { type Store, storeOf } from '@/lib/stores/store'
import { sweepImages } from './sweep-images'

class LeaseLost extends Error {}

/** What a source fails with when whoever runs the import gives it up, as with Ctrl-C. Not a fault, so nothing is logged. */
export class ImportInterrupted extends Error {}

export type ImportSource = { open: () => Readable; onProgress?: (received: number) => void }

/**
 * Takes a disk of any size into a region: the one path that the command line uses and an upload will. The quota place is
 * taken first; then the bytes go to the store, hashed on the way, and our own inspector reads them before anything counts.
 * Whatever goes wrong, the image says why, its place is free again and no byte stays.
 */
export async function importImage(
  ctx: Context,
  input: ImportImageInput,
  source: ImportSource,
): Promise<Result<{ imageId: string }>> {
  await sweepImages(ctx.now)
  const begun = await beginImport(ctx, input)
  if (!begun.ok) return begun
  const { imageId } = begun.value
  const store = storeOf(input.region)
  try {
    const received = await receiveDisk(input.region, imageId, source)
    if (!received.ok) {
      await giveUp(ctx, store, imageId, failureOf(received.refusal))
      return received
    }
    await store.keep(imageId)
    const finished = await finishImport({ ...ctx, now: new Date() }, imageId, received.value)
    if (!finished.ok) await store.delete(imageId)
    return finished
  } catch (error) {
    const failure =
      error instanceof ImportInterrupted
        ? { code: 'IMPORT_INTERRUPTED' }
        : { code: 'IMPORT_FAULT', facts: { reference: logFault(error, 'import') } }
    await giveUp(ctx, store, imageId, failure)
    throw error
  }
}

async function receiveDisk(region: string, imageId: string, source: ImportSource): Promise<Result<ImportedDisk>> {
  const store = storeOf(region)
  const sizeMax = env().ECS_IMAGE_SIZE_MAX
  const lease = holdLease(imageId)
  try {
    const staged = await store.receive(imageId, source.open(), {
      sizeMax,
      onProgress: (received) => {
        if (lease.isLost()) throw new LeaseLost()
        source.onProgress?.(received)
      },
    })
    // Taken for dead while it slept: its bytes may be gone already.
    if (!(await renewLease(imageId, new Date()))) throw new LeaseLost()
    const reader = await store.openStaged(imageId)
    const inspection = await inspectDisk(reader).finally(() => reader.close())
    if (!inspection.ok) return refuse({ code: 'DISK_REFUSED', reason: inspection.reason, facts: inspection.facts })
    return ok({ ...inspection.disk, ...staged })
  } catch (error) {
    if (error instanceof TooLarge) return refuse({ code: 'IMAGE_TOO_LARGE', max: sizeMax })
    if (error instanceof StoreFull) return refuse({ code: 'STORE_FULL', region })
    if (error instanceof LeaseLost) return refuse({ code: 'IMAGE_BUSY', state: 'failed' })
    throw error
  } finally {
    lease.release()
  }
}

/** Renews the lease until it is released; lost once the import has been failed by somebody who took it for dead. */
function holdLease(imageId: string) {
  let lost = false
  const timer = setInterval(() => {
    renewLease(imageId, new Date()).then(
      (held) => {
        lost = !held
      },
      // The database may come back before the lease runs out; the next renewal tells.
      () => {},
    )
  }, leaseRenewMs)
  return { isLost: () => lost, release: () => clearInterval(timer) }
}

/** The database decides first: only what it calls failed has bytes to remove. What a kill leaves here, the sweep finds. */
async function giveUp(ctx: Context, store: Store, imageId: string, failure: ImageFailure): Promise<void> {
  const failed = await failImport({ ...ctx, now: new Date() }, imageId, failure)
  if (failed.ok && failed.value) await store.delete(imageId)
}

function failureOf(refusal: Refusal): ImageFailure {
  return {
    code: refusal.code,
    ...('reason' in refusal ? { reason: refusal.reason } : {}),
    facts: 'facts' in refusal ? refusal.facts : 'max' in refusal ? { max: refusal.max } : {},
  }
}
