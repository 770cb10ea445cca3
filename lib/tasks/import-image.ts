import 'server-only'
import type { Readable } from 'node:stream'
import type { Context } from '@/lib/auth/viewer'
import { env } from '@/lib/env'
import type { ImportImageInput } from '@/lib/imports/schema'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { accepted, ok, Refused, type Result, refuse } from '@/lib/result'
import { discardStaged, receiveStaged } from '@/lib/stores/staging'
import { findTransfer } from '@/lib/transfers/reads'
import { isTriedAgain, leaseMs } from '@/lib/transfers/rules'
import { newHolder } from '@/lib/transfers/writes'
import { holdLease, type Lease } from './lease'
import type { Tell } from './source'
import { sweepImages } from './sweep-images'
import { runTransfer } from './transfer'
import { endTry } from './trouble'

export type ImportSource = {
  open: () => Readable
  fileName?: string
  size?: number
  onProgress?: Tell
  /** Told why the store failed the import, which only an operator may learn; the refusal does not say it. */
  onStoreFailure?: (error: Error) => void
}

/** `isWaiting`: the file has arrived, and a worker makes an image of it. */
type Imported = { imageId: string; isWaiting: boolean }

/** How often a lock is waited for when the file has arrived: 10 s each. */
const busyMax = 30

/**
 * Takes a local disk of any size into a region, as an upload does with its own way of receiving: the quota place is taken
 * first, the bytes arrive in the staging folder, hashed on the way, and from there they go the one way of a transfer.
 * Whatever goes wrong, the image says why, its place is free again and no byte stays. What only passes by itself once the file is
 * there whole, a database that is busy for instance, fails nothing: a worker goes on.
 */
export async function importImage(
  ctx: Context,
  input: ImportImageInput,
  source: ImportSource,
): Promise<Result<Imported>> {
  await sweepImages(ctx.now)
  const holder = newHolder()
  const { fileName, size, onProgress: tell, onStoreFailure } = source
  const begun = await beginImport(ctx, input, { patienceMs: leaseMs, fileName, size, holder })
  if (!begun.ok) return begun
  const { imageId } = begun.value
  const lease = holdLease({ imageId, holder })
  const now = () => ({ ...ctx, now: new Date() })
  try {
    await receive(now, source, lease)
  } catch (error) {
    const met = lease.signal.aborted ? lease.signal.reason : error
    lease.release()
    const about = { work: lease.work, kind: 'IMPORT', regionId: input.region, isLastTry: true } as const
    return await endTry(now(), met, about)
      .catch((error) => {
        // Nobody goes on with it: only this process had the bytes.
        if (error instanceof Refused) return refuse(error.refusal)
        throw error
      })
      .finally(() => discardStaged(imageId))
  }
  const done = ok({ imageId, isWaiting: false })
  try {
    const transfer = await findTransfer(imageId)
    if (!transfer) return done
    const ended = await runTransfer(ctx, transfer, { lease, tell, onStoreFailure, isLastTry: true })
    return ended.ok ? done : ended
  } catch (error) {
    if (await findTransfer(imageId).catch(() => null)) return ok({ imageId, isWaiting: true })
    throw error
  }
}

async function receive(now: () => Context, source: ImportSource, lease: Lease): Promise<void> {
  const received = await receiveStaged(lease.work.imageId, source.open(), {
    sizeMax: env().ECS_IMAGE_SIZE_MAX,
    signal: lease.signal,
    onProgress: (done) => {
      const reservedBytes = Math.max(0, (source.size ?? 0) - done)
      lease.tell({ doneBytes: done, reservedBytes })
      source.onProgress?.(done, source.size, 'receiving')
    },
  })
  for (let tries = 1; ; tries++) {
    // Taken for dead while it slept: its bytes may be gone already.
    await lease.confirm()
    const ended = await endReceiving(now(), lease.work, { ...received, claimedSha256: null })
    // A lock that was not acquired in time says nothing about the disk, and nobody else has its bytes.
    const isPassing = !ended.ok && isTriedAgain(ended.refusal.code, { isLastTry: true })
    if (!isPassing || tries === busyMax) return void accepted(ended)
  }
}
