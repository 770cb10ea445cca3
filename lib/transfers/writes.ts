import 'server-only'
import { randomBytes } from 'node:crypto'
import type { Context } from '@/lib/auth/viewer'
import type { DiskContent } from '@/lib/blobs/rules'
import { attachBlob, checkLater, commitBlob, type Place, releaseBlob } from '@/lib/blobs/writes'
import { db } from '@/lib/db/client'
import type { TransferStep } from '@/lib/db/generated/enums'
import { isLeaseOver, type LockedImage, type LockedTransfer, lockImages, lockTransfer } from '@/lib/db/locks'
import { actingAccounts, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { parseDiskLayout } from '@/lib/disks/layout'
import { recordEvents } from '@/lib/events/writes'
import { needsOf } from '@/lib/images/rules'
import type { ImageFailure } from '@/lib/images/schema'
import { addJob } from '@/lib/jobs/queue'
import { type RoomRefusal, refuseBytes } from '@/lib/quotas/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { findTransfer, type Transfer } from './reads'
import { leaseMs, queueMs, refuseCancel, transferKinds } from './rules'
import type { TransferInput } from './schema'

// A transfer after its begin: claim, renew, choose the place of its bytes, and one of three ends. Each end happens once, whoever tries:
// it takes the locks of the owner and the image, and requires the row.

/** A transfer and the holder of its lease. Once another holder has claimed it, this work must stop. */
export type Work = { imageId: string; holder: string | null }

export type Progress = { step?: TransferStep; doneBytes?: number; totalBytes?: number; reservedBytes?: number }

/** A random name for a holder of a lease. */
export function newHolder(): string {
  return randomBytes(8).toString('hex')
}

/** Claims a transfer that has no holder or an expired lease. One of several concurrent callers gets it. */
export async function claimTransfer(imageId: string): Promise<(Transfer & { work: Work }) | null> {
  const holder = newHolder()
  const claimed = await db().$executeRaw`
    UPDATE "Transfer" SET "leaseHolder" = ${holder}, "renewedAt" = clock_timestamp(), "patienceMs" = ${leaseMs}, tries = tries + 1
    WHERE "imageId" = ${imageId} AND step <> 'RECEIVE' AND ("leaseHolder" IS NULL OR ${isLeaseOver})`
  const transfer = claimed === 1 ? await findTransfer(imageId) : null
  return transfer && { ...transfer, work: { imageId, holder } }
}

/** Renews the lease and stores the progress. Returns false if the transfer has ended or has another holder; the caller must stop. */
export async function renewTransfer({ imageId, holder }: Work, progress: Progress = {}, patienceMs = leaseMs) {
  const { step = null, doneBytes = null, totalBytes = null, reservedBytes = null } = progress
  // Without a holder, a transfer that is receiving has a sender; later it waits in the queue, with a shorter patience.
  const renewed = await db().$executeRaw`
    UPDATE "Transfer" SET "renewedAt" = clock_timestamp(), "patienceMs" = ${patienceMs}, step = coalesce(${step}::"TransferStep", step),
      "doneBytes" = coalesce(${doneBytes}::bigint, "doneBytes"), "totalBytes" = coalesce(${totalBytes}::bigint, "totalBytes"),
      "reservedBytes" = coalesce(${reservedBytes}::bigint, "reservedBytes")
    WHERE "imageId" = ${imageId} AND "leaseHolder" IS NOT DISTINCT FROM ${holder}::text AND ("leaseHolder" IS NOT NULL OR step = 'RECEIVE')`
  return renewed === 1
}

/** Returns a transfer to the queue before its lease ends, with the code of the error. */
export async function releaseTransfer({ imageId, holder }: Work, code: string): Promise<void> {
  await db().$executeRaw`
    UPDATE "Transfer" SET "leaseHolder" = NULL, "renewedAt" = clock_timestamp(), "patienceMs" = ${queueMs},
      -- What waits to be stored keeps its room; a file that was begun in the staging folder is begun anew, and asks anew.
      "reservedBytes" = CASE step WHEN 'STORE' THEN "reservedBytes" ELSE 0 END,
      failure = jsonb_build_object('code', ${code}::text)
    WHERE "imageId" = ${imageId} AND "leaseHolder" = ${holder}`
}

export type NextStep = { step: TransferStep; totalBytes: number; promisedBytes: number; reservedBytes: number }

/**
 * Begins a step and reserves its space before the first byte, replacing the previous reservation. Refuses BYTES_QUOTA_FULL and
 * STORE_FULL.
 */
export async function beginStep(
  ctx: Context,
  work: Work,
  next: NextStep,
): Promise<Result<null, LostWork | RoomRefusal>> {
  const { step, totalBytes, promisedBytes, reservedBytes } = next
  return await onTransfer(ctx, work, async (tx, { id, ownerId, regionId }) => {
    const writing = { where: step === 'STORE' ? 'store' : 'staging', bytes: reservedBytes } as const
    const refusal = await refuseBytes(tx, { ownerId, regionId, imageId: id, bytes: promisedBytes, writing })
    if (refusal) return refuse(refusal)
    await tx.$executeRaw`
      UPDATE "Transfer" SET step = ${step}::"TransferStep", "doneBytes" = 0, "totalBytes" = ${totalBytes}, "promisedBytes" = ${promisedBytes},
        "reservedBytes" = ${reservedBytes}, "renewedAt" = clock_timestamp() WHERE "imageId" = ${id}`
    return ok(null)
  })
}

/** Chooses the place of a transfer's bytes in its region's store, before they are written. */
export async function claimPlace(
  ctx: Context,
  work: Work,
  content: DiskContent,
  facts: { isNormalised?: boolean } = {},
): Promise<Result<Place, LostWork>> {
  return await onTransfer(ctx, work, async (tx, image) => {
    await tx.image.update({ where: { id: image.id }, data: facts })
    return ok(await attachBlob(tx, image, content, ctx.now))
  })
}

/** Completes a transfer: its bytes are stored and verified, and the image becomes `available`. */
export async function settleTransfer(
  ctx: Context,
  work: Work,
  content: DiskContent,
  { wasThere = false } = {},
): Promise<Result<{ imageId: string }, LostWork>> {
  return await onTransfer(ctx, work, async (tx, image, { kind }) => {
    const disk = await commitBlob(tx, image, content, ctx.now)
    const { id, regionId } = image
    const needs = await needsOfSettled(tx, id, disk)
    await tx.image.update({ where: { id }, data: { ...disk, ...needs, state: 'available', updatedAt: ctx.now } })
    await tx.transfer.delete({ where: { imageId: id } })
    const details = { size: disk.size, sha256: disk.sha256, ...(kind === 'COPY' ? { wasThere: wasThere ? 1 : 0 } : {}) }
    await discardLater(tx, id, kind)
    // A clean copy is checked in every case, also for deleted data, to prove that it is clean.
    await checkLater(tx, disk.sha256, ctx.now, { isAsked: kind === 'CLEAN' })
    await recordEvents(tx, ctx, [{ action: transferKinds[kind].settled, regionId, image, details }])
    return ok({ imageId: id })
  })
}

async function needsOfSettled(tx: Transaction, imageId: string, { virtualSize }: DiskContent) {
  const select = { bootMode: true, minDiskGib: true, blob: { select: { layout: true } } } as const
  const { blob, ...said } = await tx.image.findUniqueOrThrow({ where: { id: imageId }, select })
  return needsOf(said, { bootMode: parseDiskLayout(blob?.layout)?.bootMode ?? null, virtualSize })
}

/** Fails a transfer and releases its quota place and bytes. Returns false if it has ended or has another holder. */
export async function failTransfer(
  ctx: Context,
  work: Work,
  failure: ImageFailure,
): Promise<Result<boolean, LostWork>> {
  const failed = await onTransfer(ctx, work, async (tx, image, { kind }) => {
    await writeFailure(tx, ctx, { image, kind }, failure)
    return ok(true)
  })
  return !failed.ok && failed.refusal.code === 'IMAGE_BUSY' ? ok(false) : failed
}

/** Fails a transfer whose sender died while sending, and requeues any other with an expired lease. Returns whether it did. */
export async function reapTransfer(ctx: Context, imageId: string): Promise<Result<boolean, RefusalOf<'BUSY'>>> {
  return await inTransaction(async (tx) => {
    const { image, transfer } = await lockAll(tx, ctx, imageId)
    if (!image || !transfer?.isOver) return ok(false)
    const { kind, step } = transfer
    if (step === 'RECEIVE') await writeFailure(tx, ctx, { image, kind }, { code: 'IMPORT_INTERRUPTED' })
    else await enqueueTransfer(tx, imageId, kind)
    return ok(true)
  })
}

/** Cancels a running transfer and deletes its image. Refuses as `onOwnImage` and `refuseCancel`. */
export async function cancelTransfer(
  ctx: Context,
  input: TransferInput,
): Promise<Result<{ imageId: string }, OwnImageRefusal | RefusalOf<'IMAGE_BUSY'>>> {
  return await onOwnImage(ctx, input, async (tx, { image }) => {
    const transfer = await lockTransfer(tx, image.id)
    const refusal = refuseCancel(image)
    if (refusal || !transfer) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    await releaseBlob(tx, image, ctx.now)
    await tx.image.delete({ where: { id: image.id } })
    await discardLater(tx, image.id, transfer.kind)
    await recordEvents(tx, ctx, [{ action: 'image.cancel', regionId: image.regionId, image }])
    return ok({ imageId: image.id })
  })
}

async function enqueueTransfer(tx: Transaction, imageId: string, kind: LockedTransfer['kind']): Promise<void> {
  await tx.$executeRaw`
    UPDATE "Transfer" SET "leaseHolder" = NULL, "renewedAt" = clock_timestamp(), "patienceMs" = ${queueMs} WHERE "imageId" = ${imageId}`
  await addJob(tx, transferKinds[kind].job, { imageId })
}

type LostWork = RefusalOf<'IMAGE_BUSY' | 'BUSY'>

async function onTransfer<Answer extends Result<unknown>>(
  ctx: Context,
  { imageId, holder }: Work,
  run: (tx: Transaction, image: LockedImage, transfer: LockedTransfer) => Promise<Answer>,
): Promise<Answer | Result<never, LostWork>> {
  return await inTransaction(async (tx): Promise<Answer | Result<never, LostWork>> => {
    const { image, transfer } = await lockAll(tx, ctx, imageId)
    if (!image || transfer?.leaseHolder !== holder)
      return refuse({ code: 'IMAGE_BUSY', state: image?.state ?? 'deleted' })
    return await run(tx, image, transfer)
  })
}

async function lockAll(tx: Transaction, ctx: Context, imageId: string) {
  const image =
    (await lockImages(tx, actingAccounts(ctx), { ids: [imageId], ownerId: null })).images.get(imageId) ?? null
  return { image, transfer: image && (await lockTransfer(tx, imageId)) }
}

async function writeFailure(
  tx: Transaction,
  ctx: Context,
  { image, kind }: { image: LockedImage; kind: LockedTransfer['kind'] },
  failure: ImageFailure,
): Promise<void> {
  await releaseBlob(tx, image, ctx.now)
  await tx.image.update({
    where: { id: image.id },
    data: { state: 'failed', failure, virtualSize: 0, size: 0, sha256: null, updatedAt: ctx.now },
  })
  await tx.transfer.delete({ where: { imageId: image.id } })
  await discardLater(tx, image.id, kind)
  await recordEvents(tx, ctx, [{ action: 'image.fail', regionId: image.regionId, image, details: failure }])
}

/** Discards the files in the staging folder; a plain copy has none. */
async function discardLater(tx: Transaction, imageId: string, kind: LockedTransfer['kind']): Promise<void> {
  if (kind !== 'COPY') await addJob(tx, 'discard-staged', { imageId })
}
