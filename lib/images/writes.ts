import 'server-only'
import { quotaUse } from '@/lib/accounts/reads'
import { refuseImageQuota } from '@/lib/accounts/rules'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import type { DiskFormat } from '@/lib/db/generated/enums'
import { lockAccounts, lockImage } from '@/lib/db/locks'
import { inTransaction, StartOver, type Transaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { ok, type Result, refuse } from '@/lib/result'
import { leaseMs, refuseDelete, refuseUpdate } from './rules'
import type { DeleteImageInput, ImageFailure, ImportImageInput, UpdateImageInput } from './schema'

/**
 * Begins an import: the image stands there as `importing` and has taken its quota place before the first byte arrives.
 * Refuses REGION_NOT_FOUND and IMAGE_QUOTA_FULL. Who began it renews the lease until it ends it one way or the other.
 */
export async function beginImport(ctx: Context, input: ImportImageInput): Promise<Result<{ imageId: string }>> {
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    if (!(await tx.region.findUnique({ where: { id: input.region } }))) return refuse({ code: 'REGION_NOT_FOUND' })
    const use = (await quotaUse(tx, [ctx.viewer.ownerId], input.region)).get(ctx.viewer.ownerId)
    const refusal = use && refuseImageQuota({ used: use.used, quota: use.quota, region: input.region })
    if (refusal) return refuse(refusal)
    const image = { id: newId('img'), name: input.name }
    await tx.image.create({
      data: {
        ...image,
        ownerId: ctx.viewer.ownerId,
        regionId: input.region,
        operatingSystem: input.operatingSystem,
        source: 'IMPORT',
        state: 'importing',
        leaseAt: ctx.now,
        createdAt: ctx.now,
        updatedAt: ctx.now,
      },
    })
    await recordEvents(tx, ctx, [{ action: 'image.import', regionId: input.region, image }])
    return ok({ imageId: image.id })
  })
}

/** Says that an import still lives. False: it has been failed meanwhile, so whoever runs it stops. */
export async function renewLease(imageId: string, now: Date): Promise<boolean> {
  const renewed = await db().image.updateMany({ where: { id: imageId, state: 'importing' }, data: { leaseAt: now } })
  return renewed.count === 1
}

export type ImportedDisk = { format: DiskFormat; virtualSize: number; size: number; sha256: string }

/** Ends an import well: the disk is in the store, the image becomes `available`. Refuses when the import was failed meanwhile. */
export async function finishImport(
  ctx: Context,
  imageId: string,
  disk: ImportedDisk,
): Promise<Result<{ imageId: string }>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, imageId)
    if (image?.state !== 'importing') return refuse({ code: 'IMAGE_BUSY', state: image?.state ?? 'deleted' })
    await tx.image.update({
      where: { id: imageId },
      data: { ...disk, state: 'available', leaseAt: null, updatedAt: ctx.now },
    })
    await recordEvents(tx, ctx, [
      { action: 'image.available', regionId: image.regionId, image, details: { size: disk.size, sha256: disk.sha256 } },
    ])
    return ok({ imageId })
  })
}

/**
 * Ends an import badly: the image keeps its row and its reason, and gives its quota place back. Answers whether its bytes
 * are nobody's now; an import that has ended well meanwhile, though its answer was lost, keeps them.
 */
export async function failImport(ctx: Context, imageId: string, failure: ImageFailure): Promise<Result<boolean>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, imageId)
    if (image?.state === 'importing') await writeFailure(tx, ctx, image, failure)
    return ok(image === null || image.state === 'importing' || image.state === 'failed')
  })
}

/** Fails an import whose lease has run out, and says whether it did. The lease is looked at again under the lock. */
export async function failDeadImport(ctx: Context, imageId: string): Promise<Result<boolean>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, imageId)
    const lease = image?.leaseAt?.getTime() ?? 0
    if (image?.state !== 'importing' || lease > ctx.now.getTime() - leaseMs) return ok(false)
    await writeFailure(tx, ctx, image, { code: 'IMPORT_INTERRUPTED' })
    return ok(true)
  })
}

async function writeFailure(
  tx: Transaction,
  ctx: Context,
  image: { id: string; name: string; regionId: string },
  failure: ImageFailure,
): Promise<void> {
  await tx.image.update({
    where: { id: image.id },
    data: { state: 'failed', failure, leaseAt: null, virtualSize: 0, size: 0, sha256: null, updatedAt: ctx.now },
  })
  await recordEvents(tx, ctx, [{ action: 'image.fail', regionId: image.regionId, image, details: failure }])
}

/** Changes an own image's name and description. */
export async function updateImage(ctx: Context, input: UpdateImageInput): Promise<Result<{ imageId: string }>> {
  if (!(await isOwn(ctx, input.imageId))) return refuse({ code: 'IMAGE_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const image = await lockImage(tx, input.imageId)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const refusal = refuseUpdate(image && { ...image, isOwn: true }, input.region)
    if (refusal || !image) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    const { name, description } = input
    await tx.image.update({ where: { id: image.id }, data: { name, description, updatedAt: ctx.now } })
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
 * and with its name typed (rule 9). The image is `deleting` and out of everybody's reach when this answers; its bytes and
 * then its row go in a job that is enqueued in the same transaction. A failed image has no bytes and goes at once.
 */
export async function deleteImage(
  ctx: Context,
  input: Omit<DeleteImageInput, 'region'> & { region: string | null },
): Promise<Result<{ imageId: string }>> {
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
    const facts = {
      region: input.region,
      recipients: shares.length,
      cancelShares: input.cancelShares,
      typedName: input.typedName,
    }
    const refusal = refuseDelete({ ...facts, image: image && { ...image, isOwn: true } })
    if (refusal || !image) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    await tx.share.deleteMany({ where: { imageId: image.id } })
    if (image.state === 'failed') await tx.image.delete({ where: { id: image.id } })
    else await tx.image.update({ where: { id: image.id }, data: { state: 'deleting', updatedAt: ctx.now } })
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
    if (image.state !== 'failed') {
      const payload = JSON.stringify({ imageId: image.id, region: image.regionId })
      await tx.$queryRaw`SELECT id::text FROM graphile_worker.add_job('remove-image', ${payload}::json, job_key => ${image.id})`
    }
    return ok({ imageId: image.id })
  })
}

/** Forgets an image whose bytes are gone. Only one on its way out can be forgotten. */
export async function forgetImage(imageId: string): Promise<void> {
  await db().image.deleteMany({ where: { id: imageId, state: 'deleting' } })
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
