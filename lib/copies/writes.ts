import 'server-only'
import { quotaUse } from '@/lib/accounts/reads'
import { refuseImageQuota } from '@/lib/accounts/rules'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import type { DiskContent } from '@/lib/blobs/rules'
import { type Brought, letGo, type Place, referTo, settle } from '@/lib/blobs/writes'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { addJob } from '@/lib/db/jobs'
import { type LockedImage, lockAccounts, lockImage } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import type { ImageFailure } from '@/lib/images/schema'
import { inQueue, refuseLost, type Work } from '@/lib/imports/writes'
import { ok, type Refusal, type Result, refuse } from '@/lib/result'
import { refuseCancelCopy, refuseCopy, refuseRetryCopy } from './rules'
import { type BegunCopy, begunCopy, type CopyImageInput, type CopyInput } from './schema'

/**
 * Begins a copy of an own image to another region: the new image stands there as `copying`, has its quota place, and a job
 * that moves the bytes is enqueued in the same transaction. Refuses as `refuseCopy` says, REGION_NOT_FOUND and
 * IMAGE_QUOTA_FULL. While it runs, the source cannot be deleted. One wish makes one copy.
 */
export async function beginCopy(ctx: Context, input: CopyImageInput): Promise<Result<BegunCopy>> {
  if (!(await isOwn(ctx, input.imageId))) return refuse({ code: 'IMAGE_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const source = await lockImage(tx, input.imageId)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    return await once(tx, ctx, begunCopy, () => makeCopy(tx, ctx, input, source))
  })
}

async function makeCopy(
  tx: Transaction,
  ctx: Context,
  input: CopyImageInput,
  source: LockedImage | null,
): Promise<Result<BegunCopy>> {
  const { region, targetRegion } = input
  const refusal = refuseCopy({ image: source && { ...source, isOwn: true }, region, targetRegion })
  if (refusal || !source) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
  if (!(await tx.region.findUnique({ where: { id: targetRegion } }))) return refuse({ code: 'REGION_NOT_FOUND' })
  const full = await refuseFull(tx, ctx, targetRegion)
  if (full) return refuse(full)
  const copy = { id: newId('img'), name: input.name }
  await writeCopy(tx, ctx, source, { ...copy, regionId: targetRegion })
  await recordEvents(tx, ctx, [
    { action: 'image.copy', regionId: region, image: source, details: { to: copy.id, toRegion: targetRegion } },
    { action: 'image.copy', regionId: targetRegion, image: copy, details: { from: source.id, fromRegion: region } },
  ])
  await addJob(tx, 'copy-image', { imageId: copy.id })
  return ok({ region: targetRegion, imageId: copy.id })
}

async function writeCopy(
  tx: Transaction,
  ctx: Context,
  source: LockedImage,
  copy: { id: string; name: string; regionId: string },
): Promise<void> {
  const from = await tx.image.findUniqueOrThrow({
    where: { id: source.id },
    select: {
      description: true,
      operatingSystem: true,
      architecture: true,
      bootMode: true,
      minDiskGib: true,
      minMemoryMib: true,
      virtualSize: true,
      format: true,
      isNormalised: true,
      originName: true,
      originFormat: true,
      originSize: true,
      originSha256: true,
      size: true,
    },
  })
  const { size, ...kept } = from
  await tx.image.create({
    data: {
      ...kept,
      ...copy,
      ownerId: ctx.viewer.ownerId,
      source: 'COPY',
      state: 'copying',
      copyOfId: source.id,
      copyOfRegionId: source.regionId,
      totalBytes: size,
      ...inQueue(ctx.now),
      createdAt: ctx.now,
      updatedAt: ctx.now,
    },
  })
}

async function refuseFull(tx: Transaction, ctx: Context, region: string): Promise<Refusal | null> {
  const use = (await quotaUse(tx, [ctx.viewer.ownerId], region)).get(ctx.viewer.ownerId)
  return use ? refuseImageQuota({ used: use.used, quota: use.quota, region }) : null
}

/** Finds the place of a copy's bytes in the store of its region before they are written there. */
export async function claimCopyPlace(ctx: Context, work: Work, content: DiskContent): Promise<Result<Place>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, work.imageId)
    const lost = refuseLost(image, work, 'copying')
    if (lost || !image) return refuse(lost ?? { code: 'IMAGE_NOT_FOUND' })
    return ok(await referTo(tx, image, content, ctx.now))
  })
}

/** Ends a copy well: the bytes are in the store of its region and were compared. `wasThere`: the store had them already. */
export async function finishCopy(
  ctx: Context,
  work: Work,
  brought: Brought,
  { wasThere }: { wasThere: boolean },
): Promise<Result<{ imageId: string }>> {
  const { imageId } = work
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, imageId)
    const lost = refuseLost(image, work, 'copying')
    if (lost || !image) return refuse(lost ?? { code: 'IMAGE_NOT_FOUND' })
    const content = await settle(tx, image, brought, ctx.now)
    await tx.image.update({
      where: { id: imageId },
      data: { ...content, ...atRest, state: 'available', updatedAt: ctx.now },
    })
    const details = { size: content.size, sha256: content.sha256, wasThere: wasThere ? 1 : 0 }
    await recordEvents(tx, ctx, [{ action: 'image.copied', regionId: image.regionId, image, details }])
    return ok({ imageId })
  })
}

const atRest = { leaseHolder: null, leaseUntil: null, doneBytes: 0, totalBytes: 0 }

/** Ends a copy badly: the image keeps its row and its reason and can be tried again; its quota place is free. */
export async function failCopy(ctx: Context, work: Work, failure: ImageFailure): Promise<Result<boolean>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, work.imageId)
    if (!image || refuseLost(image, work, 'copying')) return ok(false)
    await letGo(tx, image, ctx.now)
    await tx.image.update({
      where: { id: image.id },
      data: { ...atRest, state: 'failed', failure, size: 0, virtualSize: 0, sha256: null, updatedAt: ctx.now },
    })
    await recordEvents(tx, ctx, [{ action: 'image.fail', regionId: image.regionId, image, details: failure }])
    return ok(true)
  })
}

/** Gives a copy up while it runs: the image that it was making is gone, and its quota place is free. */
export async function cancelCopy(ctx: Context, input: CopyInput): Promise<Result<{ imageId: string }>> {
  return await onOwnCopy(ctx, input, async (tx, image) => {
    const refusal = refuseCancelCopy(image && { ...image, isOwn: true }, input.region)
    if (refusal || !image) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    await letGo(tx, image, ctx.now)
    await tx.image.delete({ where: { id: image.id } })
    await recordEvents(tx, ctx, [{ action: 'image.cancel', regionId: image.regionId, image }])
    return ok({ imageId: image.id })
  })
}

/** Tries a failed copy again, with a quota place taken anew. The source must still be there and available. */
export async function retryCopy(ctx: Context, input: CopyInput): Promise<Result<{ imageId: string }>> {
  return await onOwnCopy(ctx, input, async (tx, image) => {
    const refusal = refuseRetryCopy(image && { ...image, isOwn: true }, input.region)
    if (refusal || !image?.copyOfId) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    const source = await tx.image.findUnique({ where: { id: image.copyOfId }, select: { state: true, size: true } })
    if (source?.state !== 'available') return refuse({ code: 'IMAGE_NOT_AVAILABLE', state: source?.state ?? 'deleted' })
    const full = await refuseFull(tx, ctx, image.regionId)
    if (full) return refuse(full)
    await tx.image.update({
      where: { id: image.id },
      data: {
        state: 'copying',
        failure: Prisma.DbNull,
        doneBytes: 0,
        totalBytes: source.size,
        ...inQueue(ctx.now),
        updatedAt: ctx.now,
      },
    })
    await recordEvents(tx, ctx, [
      { action: 'image.copy', regionId: image.regionId, image, details: { from: image.copyOfId } },
    ])
    await addJob(tx, 'copy-image', { imageId: image.id })
    return ok({ imageId: image.id })
  })
}

// The source is locked before the copy where their ids say so: all images of one write are locked in the order of their ids.
async function onOwnCopy(
  ctx: Context,
  input: CopyInput,
  run: (tx: Transaction, image: LockedImage | null) => Promise<Result<{ imageId: string }>>,
): Promise<Result<{ imageId: string }>> {
  const found = await db().image.findFirst({
    where: { id: input.imageId, ownerId: ctx.viewer.ownerId },
    select: { copyOfId: true },
  })
  if (!found) return refuse({ code: 'IMAGE_NOT_FOUND' })
  const { copyOfId } = found
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const ids = [input.imageId, ...(copyOfId === null ? [] : [copyOfId])].sort()
    const images = new Map<string, LockedImage | null>()
    for (const id of ids) images.set(id, await lockImage(tx, id))
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    return await run(tx, images.get(input.imageId) ?? null)
  })
}

// An image never changes hands, so this may be asked before the locks; another's image is never locked.
async function isOwn(ctx: Context, imageId: string): Promise<boolean> {
  return (await db().image.count({ where: { id: imageId, ownerId: ctx.viewer.ownerId } })) === 1
}
