import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { Prisma } from '@/lib/db/generated/client'
import type { LockedImage } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { type Locked, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import type { Transaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { canImage } from '@/lib/images/rules'
import { addJob } from '@/lib/jobs/queue'
import { type NotPermitted, refuseUnpermitted } from '@/lib/permissions'
import { type NewImageRefusal, refuseNewImage } from '@/lib/quotas/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { queueMs } from '@/lib/transfers/rules'
import type { TransferInput } from '@/lib/transfers/schema'
import { refuseCopy, refuseRetryCopy } from './rules'
import { type BegunCopy, begunCopy, type CopyImageInput } from './schema'

type BeginRefusal = RefusalOf<'IMAGE_NOT_AVAILABLE' | 'INVALID_INPUT' | 'REGION_NOT_FOUND'> | NewImageRefusal

/**
 * Begins a copy of an own image to another region, in one transaction: the image as `copying`, its quota place, the job. Refuses as
 * `onOwnImage` and `refuseCopy`, REGION_NOT_FOUND, IMAGE_QUOTA_FULL, BYTES_QUOTA_FULL and STORE_FULL. One idempotency key creates one
 * copy.
 */
export async function beginCopy(
  ctx: Context,
  input: CopyImageInput,
): Promise<Result<BegunCopy, OwnImageRefusal | BeginRefusal>> {
  return await onOwnImage(ctx, input, (tx, { image }) =>
    once(tx, ctx, begunCopy, () => makeCopy(tx, ctx, input, image)),
  )
}

async function makeCopy(
  tx: Transaction,
  ctx: Context,
  { region, targetRegion, name }: CopyImageInput,
  source: LockedImage,
): Promise<Result<BegunCopy, BeginRefusal>> {
  const refusal = refuseCopy({ image: source, targetRegion })
  if (refusal) return refuse(refusal)
  if (!(await tx.region.findUnique({ where: { id: targetRegion } }))) return refuse({ code: 'REGION_NOT_FOUND' })
  const { size, tags, ...kept } = await tx.image.findUniqueOrThrow({ where: { id: source.id }, select: keptFields })
  const full = await refuseFull(tx, ctx, targetRegion, Number(size))
  if (full) return refuse(full)
  const copy = { id: newId('img'), name }
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
      tags: { create: tags },
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
  tags: { select: { key: true, value: true } },
} as const

/**
 * Retries a failed copy, taking a quota place again. The source must still exist and be available, and the viewer must be allowed to
 * download it in its region, as for a new copy (NOT_PERMITTED). Refuses as `onOwnImage` and `refuseRetryCopy`, IMAGE_NOT_AVAILABLE,
 * IMAGE_QUOTA_FULL, BYTES_QUOTA_FULL and STORE_FULL.
 */
export async function retryCopy(
  ctx: Context,
  input: TransferInput,
): Promise<
  Result<
    { imageId: string },
    OwnImageRefusal | NotPermitted | RefusalOf<'IMAGE_BUSY' | 'IMAGE_NOT_AVAILABLE'> | NewImageRefusal
  >
> {
  const retry = async (tx: Transaction, { image }: Locked) => {
    const refusal = refuseRetryCopy(image)
    if (refusal || image.copyOfId === null) return refuse(refusal ?? { code: 'IMAGE_BUSY', state: image.state })
    const read = { state: true, size: true, regionId: true } as const
    const source = await tx.image.findUnique({ where: { id: image.copyOfId }, select: read })
    const need = source && { permission: 'images.download' as const, region: source.regionId }
    const unpermitted = need && refuseUnpermitted(ctx.viewer, [need])
    if (unpermitted) return refuse(unpermitted)
    if (!source || !canImage('copy', source.state))
      return refuse({ code: 'IMAGE_NOT_AVAILABLE', state: source?.state ?? 'deleted' })
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
  }
  return await onOwnImage(ctx, input, retry, async (tx) => {
    const copy = await tx.image.findUnique({ where: { id: input.imageId }, select: { copyOfId: true } })
    return { images: copy?.copyOfId ? [copy.copyOfId] : [] }
  })
}

async function refuseFull(tx: Transaction, ctx: Context, regionId: string, bytes: number) {
  return await refuseNewImage(tx, { ownerId: ctx.viewer.ownerId, regionId, bytes, writing: { where: 'store', bytes } })
}

function waiting(size: bigint) {
  return {
    ...({ kind: 'COPY', step: 'STORE', patienceMs: queueMs } as const),
    ...{ totalBytes: size, promisedBytes: size, reservedBytes: size },
  }
}
