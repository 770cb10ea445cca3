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
  /** Receives the error of the store, which only an operator may see; the refusal does not contain it. */
  onStoreFailure?: (error: Error) => void
}

/** `isWaiting`: the file is complete, and a worker will finish the import. */
type Imported = { imageId: string; isWaiting: boolean }

const busyMax = 30

/**
 * Imports a local disk of any size: takes the quota place, hashes the bytes into the staging folder, and runs the transfer. On failure
 * the image has the reason, its quota place is free and no bytes remain. A temporary error after the file is complete, such as a busy
 * database, fails nothing: a worker continues.
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
        // No worker can continue: only this process had the bytes.
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
    // The lease may have expired while this process was suspended, and the bytes may be gone.
    await lease.confirm()
    const ended = await endReceiving(now(), lease.work, { ...received, claimedSha256: null })
    // A lock timeout says nothing about the disk, and only this process has its bytes.
    const isPassing = !ended.ok && isTriedAgain(ended.refusal.code, { isLastTry: true })
    if (!isPassing || tries === busyMax) return void accepted(ended)
  }
}
