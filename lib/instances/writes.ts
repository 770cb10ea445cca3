import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { type LockedImage, lockHost, lockImages } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { actingAccounts } from '@/lib/db/own-image'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { insertEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { imageNameMax, isAvailable, refuseRetired } from '@/lib/images/rules'
import { quotaUse } from '@/lib/quotas/reads'
import { refuseQuota, resources } from '@/lib/quotas/rules'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { findHost, findType, findUsableImage, type UsableImage } from './reads'
import { type HostRefusal, namesOf, refuseDisk, refuseHost, refuseType } from './rules'
import { type CreatedInstances, type CreateInstancesInput, createdInstances } from './schema'

const gib = 2 ** 30

export type CreateRefusal =
  | RefusalOf<'SIGNED_OUT' | 'IMAGE_NOT_FOUND' | 'IMAGE_NOT_AVAILABLE' | 'IMAGE_RETIRED' | 'REGION_MISMATCH' | 'BUSY'>
  | RefusalOf<'TYPE_NOT_FOUND' | 'TYPE_TOO_SMALL' | 'DISK_TOO_SMALL' | 'INSTANCE_QUOTA_FULL'>
  | HostRefusal

/**
 * Creates instances from an own or shared image: rows in `creating` that take their quota and host capacity and hold the image's bytes
 * at once; the host does the rest. All or none. Refuses in this order: IMAGE_NOT_FOUND (also for another tenant's), SIGNED_OUT,
 * REGION_MISMATCH, IMAGE_NOT_AVAILABLE, IMAGE_RETIRED, then as `refuseType`, `refuseDisk`, the quota and `refuseHost`. One idempotency
 * key creates once.
 */
export async function createInstances(
  ctx: Context,
  input: CreateInstancesInput,
): Promise<Result<CreatedInstances, CreateRefusal>> {
  return await inTransaction(async (tx): Promise<Result<CreatedInstances, CreateRefusal>> => {
    const { accounts, images } = await lockImages(tx, actingAccounts(ctx), { ids: [input.imageId], ownerId: null })
    const image = images.get(input.imageId)
    const usable = image && (await findUsableImage(tx, ctx, image.id))
    if (!image || !usable) return refuse({ code: 'IMAGE_NOT_FOUND' })
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    return await once(tx, ctx, createdInstances, () => create(tx, ctx, input, { image, usable }))
  })
}

async function create(
  tx: Transaction,
  ctx: Context,
  input: CreateInstancesInput,
  { image, usable }: { image: LockedImage; usable: UsableImage },
): Promise<Result<CreatedInstances, CreateRefusal>> {
  const { region, count } = input
  if (image.regionId !== region)
    return refuse({ code: 'REGION_MISMATCH', imageId: image.id, imageRegion: image.regionId, region })
  if (!isAvailable(image.state)) return refuse({ code: 'IMAGE_NOT_AVAILABLE', state: image.state })
  const retired = refuseRetired(usable.deprecation, ctx.now)
  if (retired) return refuse(retired)
  const type = await findType(tx, input.typeId)
  const tooSmall = refuseType(type, usable) ?? refuseDisk(input.diskGib, usable)
  if (tooSmall || !type) return refuse(tooSmall ?? { code: 'TYPE_NOT_FOUND' })
  const { instances } = await quotaUse(tx, ['instances'], { ownerId: ctx.viewer.ownerId, regionId: region })
  const full = refuseQuota(resources.instances, { ...instances, asked: count, region })
  if (full) return refuse(full)
  const found = await findHost(tx, null)
  if (found) await lockHost(tx, found.id)
  // Read again under its lock: another request may have taken the capacity.
  const host = found && (await findHost(tx, found.id))
  const refusal = refuseHost(host, { shape: type, count, bootMode: usable.bootMode })
  if (refusal || !host) return refuse(refusal ?? { code: 'HOST_UNAVAILABLE', problem: null })
  return ok({ region, instanceIds: await writeInstances(tx, ctx, input, { image, usable, hostId: host.id }) })
}

async function writeInstances(
  tx: Transaction,
  ctx: Context,
  input: CreateInstancesInput,
  { image, usable, hostId }: { image: LockedImage; usable: UsableImage; hostId: string },
): Promise<string[]> {
  const { viewer, now } = ctx
  const rows = namesOf(input.name, input.count, imageNameMax).map((name) => ({
    ...{ id: newId('ins'), name, build: newId('bld') },
    ...{ ownerId: viewer.ownerId, createdById: viewer.accountId, regionId: input.region },
    ...{ imageId: image.id, imageName: image.name, blobId: image.blobId },
    ...{ imageOwnerId: usable.owner.id, imageOwnerName: usable.owner.username },
    ...{ operatingSystem: usable.operatingSystem, bootMode: usable.bootMode, minMemoryMib: usable.minMemoryMib },
    ...{ typeId: input.typeId, diskBytes: BigInt(input.diskGib * gib), hostId },
    ...{ hostName: input.hostName, sshKey: input.sshKey, userData: input.userData },
    ...{ state: 'creating' as const, task: 'CREATE' as const, taskSince: now, createdAt: now, updatedAt: now },
  }))
  await tx.instance.createMany({ data: rows })
  if (usable.owner.id !== viewer.ownerId)
    await tx.share.updateMany({
      // `now` is from before the lock; a request that waited must not set the time back.
      where: {
        ...{ imageId: image.id, recipientId: viewer.ownerId },
        OR: [{ lastUsedAt: null }, { lastUsedAt: { lt: now } }],
      },
      data: { lastUsedAt: now },
    })
  const events = rows.map((instance) => ({
    ...{ action: 'instance.create' as const, regionId: input.region, instance },
    // The image's owner may see only their number, so the event is not linked to the image.
    details: { image: image.id, imageName: image.name, type: input.typeId },
  }))
  await tx.$executeRaw(insertEvents(ctx, events))
  return rows.map(({ id }) => id)
}
