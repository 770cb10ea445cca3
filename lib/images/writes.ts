import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { isLastHolder, remove } from '@/lib/blobs/writes'
import { db } from '@/lib/db/client'
import { type LockedImage, lockAccounts, lockImage } from '@/lib/db/locks'
import { inTransaction, StartOver, type Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { recordEvents } from '@/lib/events/writes'
import { ok, type Refusal, type Result, refuse } from '@/lib/result'
import { leastDiskGib, refuseDelete, refuseFromBin, refuseMinDisk, refuseUpdate } from './rules'
import type { DeleteImageInput, OwnImageInput, RecycleBinInput, UpdateImageInput } from './schema'

// So that one request ends within a few seconds.
const purgedAtOnce = 100

/** Changes what its owner says of an image. Refuses as `refuseUpdate` and `refuseMinDisk` say. */
export async function updateImage(ctx: Context, input: UpdateImageInput): Promise<Result<{ imageId: string }>> {
  if (!(await isOwn(ctx, input.imageId))) return refuse({ code: 'IMAGE_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const image = await lockImage(tx, input.imageId)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const refusal = refuseUpdate(image && { ...image, isOwn: true }, input.region)
    if (refusal || !image) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    const { name, description, operatingSystem, bootMode, minMemoryMib } = input
    const facts = await tx.image.findUniqueOrThrow({ where: { id: image.id }, select: { virtualSize: true } })
    const virtualSize = Number(facts.virtualSize)
    // With nothing in the field the disk itself says what it needs.
    const minDiskGib = input.minDiskGib === null ? leastDiskGib(virtualSize) : input.minDiskGib
    const tooSmall = minDiskGib && refuseMinDisk({ minDiskGib, virtualSize })
    if (tooSmall) return refuse(tooSmall)
    const said = { name, description, operatingSystem, bootMode, minDiskGib, minMemoryMib }
    await tx.image.update({ where: { id: image.id }, data: { ...said, updatedAt: ctx.now } })
    await recordEvents(tx, ctx, [
      {
        action: 'image.update',
        regionId: image.regionId,
        image: { id: image.id, name },
        details: { from: image.name },
      },
    ])
    return ok({ imageId: image.id })
  })
}

/**
 * Deletes an own image; `region: null` is the operator's, who names no region. A shared one only together with its shares
 * and with its name typed (rule 9). It goes into the recycle bin, out of everybody's reach but its owner's, who can restore
 * it for some days; where the operator keeps no bin, and with `isForGood`, it goes for good. A failed image has no bytes and
 * goes at once.
 */
export async function deleteImage(
  ctx: Context,
  input: Omit<DeleteImageInput, 'region'> & { region: string | null; isForGood?: boolean },
): Promise<Result<{ imageId: string; cancelledShares: number }>> {
  if (!(await isOwn(ctx, input.imageId))) return refuse({ code: 'IMAGE_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const before = await sharesOf(tx, input.imageId)
    const ids = [ctx.viewer.ownerId, ctx.viewer.accountId, ...before.map((share) => share.recipientId)]
    const accounts = await lockAccounts(tx, [...new Set(ids)])
    const image = await lockImage(tx, input.imageId)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const shares = await sharesOf(tx, input.imageId)
    // A share that came between the look and the locks has a recipient that is not locked.
    if (shares.some((share) => !accounts.has(share.recipientId))) throw new StartOver()
    const refusal = refuseDelete({
      ...input,
      image: image && { ...image, isOwn: true },
      recipients: shares.length,
      isRead: image !== null && (await tx.image.count({ where: { copyOfId: image.id, state: 'copying' } })) > 0,
    })
    if (refusal || !image) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    await tx.share.deleteMany({ where: { imageId: image.id } })
    await recordEvents(tx, ctx, [
      ...shares.map((share) => ({
        action: 'share.cancel' as const,
        regionId: image.regionId,
        image,
        shareId: share.id,
        recipient: share.recipient,
        details: { by: 'sharer' },
      })),
      { action: 'image.delete', regionId: image.regionId, image },
    ])
    if (image.state === 'failed') await tx.image.delete({ where: { id: image.id } })
    else if (env().ECS_RECYCLE_DAYS === 0 || input.isForGood) await removeForGood(tx, ctx, image)
    else
      await tx.image.update({
        where: { id: image.id },
        data: { state: 'deleted', deletedAt: ctx.now, updatedAt: ctx.now },
      })
    return ok({ imageId: image.id, cancelledShares: shares.length })
  })
}

/** Takes an image out of the recycle bin, back into use. It has kept its quota place there. */
export async function restoreImage(ctx: Context, input: OwnImageInput): Promise<Result<{ imageId: string }>> {
  return await fromBin(ctx, input, async (tx, image) => {
    await tx.image.update({
      where: { id: image.id },
      data: { state: 'available', deletedAt: null, updatedAt: ctx.now },
    })
    await recordEvents(tx, ctx, [{ action: 'image.restore', regionId: image.regionId, image }])
    return null
  })
}

/**
 * Deletes an image in the recycle bin for good; `region: null` is the operator's. With `deletedUntil`, because its days are
 * over: one that was restored and deleted again since is IMAGE_BUSY.
 */
export async function purgeImage(
  ctx: Context,
  input: { region: string | null; imageId: string; deletedUntil?: Date },
): Promise<Result<{ imageId: string }>> {
  const { deletedUntil } = input
  return await fromBin(ctx, input, async (tx, image) => {
    const isLate =
      deletedUntil && (await tx.image.count({ where: { id: image.id, deletedAt: { gt: deletedUntil } } })) > 0
    if (isLate) return { code: 'IMAGE_BUSY', state: image.state }
    await recordEvents(tx, ctx, [{ action: 'image.purge', regionId: image.regionId, image }])
    await removeForGood(tx, ctx, image)
    return null
  })
}

/**
 * Deletes for good what came into the recycle bin of a region until a moment: what somebody saw there before it was asked
 * for. Each image in a transaction of its own, `purgedAtOnce` of them at most, so `left` may be asked for again.
 */
export async function emptyRecycleBin(
  ctx: Context,
  input: RecycleBinInput,
): Promise<Result<{ purged: number; left: number }>> {
  const { region, deletedUntil } = input
  const where = { ownerId: ctx.viewer.ownerId, regionId: region, deletedAt: { lte: deletedUntil } }
  const binned = await db().image.findMany({ where, select: { id: true }, take: purgedAtOnce })
  let purged = 0
  for (const { id } of binned) {
    const result = await purgeImage(ctx, { region, imageId: id, deletedUntil })
    if (result.ok) purged++
    // Another browser was faster with one of them: that is no reason to leave the others.
    else if (!['IMAGE_BUSY', 'IMAGE_NOT_FOUND'].includes(result.refusal.code)) return result
  }
  return ok({ purged, left: await db().image.count({ where }) })
}

async function fromBin(
  ctx: Context,
  input: { region: string | null; imageId: string },
  run: (tx: Transaction, image: LockedImage) => Promise<Refusal | null>,
): Promise<Result<{ imageId: string }>> {
  if (!(await isOwn(ctx, input.imageId))) return refuse({ code: 'IMAGE_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const image = await lockImage(tx, input.imageId)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const refusal = refuseFromBin(image && { ...image, isOwn: true }, input.region)
    if (refusal || !image) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    const refused = await run(tx, image)
    return refused ? refuse(refused) : ok({ imageId: image.id })
  })
}

/**
 * Bytes that others need stay, and the image is gone at once. Bytes that go with it go in a job, and until that is done the
 * image stands there as `deleting` and keeps its quota place: the store is not empty of it before.
 */
async function removeForGood(tx: Transaction, ctx: Context, image: LockedImage): Promise<void> {
  if (image.blobId !== null && (await isLastHolder(tx, image))) {
    const data = { state: 'deleting', deletedAt: null, updatedAt: ctx.now } as const
    await tx.image.update({ where: { id: image.id }, data })
    await remove(tx, image.blobId, ctx.now)
  } else await tx.image.delete({ where: { id: image.id } })
}

/** Forgets failed images that have shown their reason for long enough. */
export async function forgetFailedImages(before: Date): Promise<number> {
  return (await db().image.deleteMany({ where: { state: 'failed', updatedAt: { lt: before } } })).count
}

// An image never changes hands, so this may be asked before the locks; another's image is never locked.
async function isOwn(ctx: Context, imageId: string): Promise<boolean> {
  return (await db().image.count({ where: { id: imageId, ownerId: ctx.viewer.ownerId } })) === 1
}

async function sharesOf(tx: Transaction, imageId: string) {
  return await tx.share.findMany({
    where: { imageId },
    select: { id: true, recipientId: true, recipient: { select: { id: true, username: true } } },
  })
}
