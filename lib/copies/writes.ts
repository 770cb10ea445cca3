import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { type LockedImage, lockAccounts, lockImages } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { addJob } from '@/lib/jobs/queue'
import { refuseNewImage } from '@/lib/quotas/writes'
import { ok, type Refusal, type Result, refuse } from '@/lib/result'
import { queueMs } from '@/lib/transfers/rules'
import type { TransferInput } from '@/lib/transfers/schema'
import { refuseCopy, refuseRetryCopy } from './rules'
import { type BegunCopy, begunCopy, type CopyImageInput } from './schema'

/**
 * Begins a copy of an own image to another region: the new image stands there as `copying`, has its quota place, and a job
 * that moves the bytes is enqueued in the same transaction. Refuses as `refuseCopy` says, REGION_NOT_FOUND,
 * IMAGE_QUOTA_FULL, BYTES_QUOTA_FULL and STORE_FULL. While it runs, the source cannot be deleted. One wish makes one copy.
 */
export async function beginCopy(ctx: Context, input: CopyImageInput): Promise<Result<BegunCopy>> {
  if (!(await findOwn(ctx, input.imageId))) return refuse({ code: 'IMAGE_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const source = (await lockImages(tx, [input.imageId])).get(input.imageId)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    return await once(tx, ctx, begunCopy, () => makeCopy(tx, ctx, input, source ?? null))
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
  const { size, ...kept } = await tx.image.findUniqueOrThrow({ where: { id: source.id }, select: keptFields })
  const full = await refuseFull(tx, ctx, targetRegion, Number(size))
  if (full) return refuse(full)
  const copy = { id: newId('img'), name: input.name }
  await tx.image.create({
    data: {
      ...kept,
      ...copy,
      ownerId: ctx.viewer.ownerId,
      regionId: targetRegion,
      source: 'COPY',
      state: 'copying',
      copyOfId: source.id,
      copyOfRegionId: source.regionId,
      transfer: { create: waiting(size) },
      createdAt: ctx.now,
      updatedAt: ctx.now,
    },
  })
  await recordEvents(tx, ctx, [
    { action: 'image.copy', regionId: region, image: source, details: { to: copy.id, toRegion: targetRegion } },
    { action: 'image.copy', regionId: targetRegion, image: copy, details: { from: source.id, fromRegion: region } },
  ])
  await addJob(tx, 'copy-image', { imageId: copy.id })
  return ok({ region: targetRegion, imageId: copy.id })
}

/** What a copy knows of its source from the start. */
const keptFields = {
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
} as const

/** Tries a failed copy again, with a quota place taken anew. The source must still be there and available. */
export async function retryCopy(ctx: Context, input: TransferInput): Promise<Result<{ imageId: string }>> {
  const found = await findOwn(ctx, input.imageId)
  if (!found) return refuse({ code: 'IMAGE_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const images = await lockImages(tx, [input.imageId, ...(found.copyOfId === null ? [] : [found.copyOfId])])
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const image = images.get(input.imageId)
    const refusal = refuseRetryCopy(image ? { ...image, isOwn: true } : null, input.region)
    if (refusal || !image?.copyOfId) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    const source = await tx.image.findUnique({ where: { id: image.copyOfId }, select: { state: true, size: true } })
    if (source?.state !== 'available') return refuse({ code: 'IMAGE_NOT_AVAILABLE', state: source?.state ?? 'deleted' })
    const full = await refuseFull(tx, ctx, image.regionId, Number(source.size))
    if (full) return refuse(full)
    const transfer = { create: waiting(source.size) }
    const data = { state: 'copying', failure: Prisma.DbNull, transfer, updatedAt: ctx.now } as const
    await tx.image.update({ where: { id: image.id }, data })
    await recordEvents(tx, ctx, [
      { action: 'image.copy', regionId: image.regionId, image, details: { from: image.copyOfId } },
    ])
    await addJob(tx, 'copy-image', { imageId: image.id })
    return ok({ imageId: image.id })
  })
}

/** Whether there is a place for a copy of so many bytes, in the quotas and in the store. */
async function refuseFull(tx: Transaction, ctx: Context, regionId: string, bytes: number): Promise<Refusal | null> {
  return await refuseNewImage(tx, { ownerId: ctx.viewer.ownerId, regionId, bytes, writing: { where: 'store', bytes } })
}

/** The transfer of a copy: in the queue, and looked at again should that forget it. */
function waiting(size: bigint) {
  return {
    ...({ kind: 'COPY', step: 'STORE', patienceMs: queueMs } as const),
    ...{ totalBytes: size, promisedBytes: size, reservedBytes: size },
  }
}

// An image never changes hands, so this may be asked before the locks; another's image is never locked.
async function findOwn(ctx: Context, imageId: string) {
  return await db().image.findFirst({ where: { id: imageId, ownerId: ctx.viewer.ownerId }, select: { copyOfId: true } })
}
