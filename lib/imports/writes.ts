import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import type { DiskFormatName } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { lockAccounts, lockTransfer } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { actingAccounts, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { imageCan } from '@/lib/images/rules'
import { addJob } from '@/lib/jobs/queue'
import { type NewImageRefusal, refuseNewImage } from '@/lib/quotas/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { leaseMs, queueMs } from '@/lib/transfers/rules'
import { begunImport, type ImportImageInput } from './schema'

export type Arrival = { fileName?: string; size?: number; patienceMs: number; holder?: string }

type BeginRefusal = RefusalOf<'REGION_NOT_FOUND'> | NewImageRefusal

/**
 * Begins an import: creates the image as `importing` and takes its quota place before the first byte arrives. Refuses REGION_NOT_FOUND,
 * IMAGE_QUOTA_FULL, BYTES_QUOTA_FULL and STORE_FULL. If the size is unknown, no space is reserved. The caller renews the lease until it
 * ends the import. One idempotency key begins one import.
 */
export async function beginImport(
  ctx: Context,
  input: ImportImageInput,
  arrival: Arrival = { patienceMs: leaseMs },
): Promise<Result<{ imageId: string }, RefusalOf<'SIGNED_OUT' | 'BUSY'> | BeginRefusal>> {
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, actingAccounts(ctx))
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    return await once(tx, ctx, begunImport, () => makeImport(tx, ctx, input, arrival))
  })
}

async function makeImport(
  tx: Transaction,
  ctx: Context,
  input: ImportImageInput,
  arrival: Arrival,
): Promise<Result<{ imageId: string }, BeginRefusal>> {
  if (!(await tx.region.findUnique({ where: { id: input.region } }))) return refuse({ code: 'REGION_NOT_FOUND' })
  const { fileName, size = 0, patienceMs, holder = null } = arrival
  const { ownerId } = ctx.viewer
  const writing = { where: 'staging', bytes: size } as const
  const refusal = await refuseNewImage(tx, { ownerId, regionId: input.region, bytes: size, writing })
  if (refusal) return refuse(refusal)
  const image = { id: newId('img'), name: input.name }
  const bytes = { totalBytes: size, promisedBytes: size, reservedBytes: size }
  await tx.image.create({
    data: {
      ...image,
      ownerId,
      regionId: input.region,
      operatingSystem: input.operatingSystem,
      source: 'IMPORT',
      state: 'importing',
      originName: fileName,
      transfer: { create: { kind: 'IMPORT', step: 'RECEIVE', ...bytes, leaseHolder: holder, patienceMs } },
      createdAt: ctx.now,
      updatedAt: ctx.now,
    },
  })
  await recordEvents(tx, ctx, [{ action: 'image.import', regionId: input.region, image }])
  return ok({ imageId: image.id })
}

export type Received = { size: number; sha256: string | null; claimedSha256: string | null }

/**
 * Records that the file of an import is complete. From now on the import survives its worker. Without a holder, as for an upload, a job
 * continues it, otherwise the holder does. Refuses as `onOwnImage`, also for an account that was disabled meanwhile, and IMAGE_BUSY if
 * the import has ended or has another holder.
 */
export async function endReceiving(
  ctx: Context,
  { imageId, holder }: { imageId: string; holder: string | null },
  received: Received,
): Promise<Result<{ imageId: string }, OwnImageRefusal | RefusalOf<'IMAGE_BUSY'>>> {
  return await onOwnImage(ctx, { imageId, region: null }, async (tx, { image }) => {
    const transfer = await lockTransfer(tx, imageId)
    if (transfer?.kind === 'IMPORT' && transfer.step !== 'RECEIVE') return ok({ imageId })
    if (transfer?.kind !== 'IMPORT' || transfer.leaseHolder !== holder)
      return refuse({ code: 'IMAGE_BUSY', state: image.state })
    const { size, sha256, claimedSha256 } = received
    await tx.image.update({
      where: { id: imageId },
      data: { originSize: size, originSha256: sha256, claimedSha256, updatedAt: ctx.now },
    })
    await tx.$executeRaw`
      UPDATE "Transfer" SET step = 'CHECK', "doneBytes" = 0, "totalBytes" = ${size}, "promisedBytes" = ${size}, "reservedBytes" = 0, "renewedAt" = clock_timestamp(),
        "patienceMs" = ${holder === null ? queueMs : leaseMs} WHERE "imageId" = ${imageId}`
    if (holder === null) await addJob(tx, 'finish-import', { imageId })
    return ok({ imageId })
  })
}

/** Stores the inspector's facts about an import's file. */
export async function noteOrigin(imageId: string, origin: { format: DiskFormatName; sha256: string }): Promise<void> {
  await db().image.updateMany({
    where: { id: imageId, state: { in: [...imageCan.cancelImport] } },
    data: { originFormat: origin.format, originSha256: origin.sha256 },
  })
}
