import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { checkLater, releaseBytes } from '@/lib/blobs/writes'
import { lockAccounts } from '@/lib/db/locks'
import { once } from '@/lib/db/once'
import { actingAccounts } from '@/lib/db/own-image'
import { type OwnInstanceRefusal, onOwnInstance } from '@/lib/db/own-instance'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { refuseOperation } from '@/lib/instances/rules'
import { type NewImageRefusal, type RoomRefusal, refuseNewImage, refuseNewSnapshot } from '@/lib/quotas/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { refuseUse } from './rules'
import {
  type CreatedImage,
  type CreatedSnapshot,
  type CreateInstanceImageInput,
  type CreateSnapshotImageInput,
  type CreateSnapshotInput,
  createdImage,
  createdSnapshot,
  type SnapshotInput,
} from './schema'

type CreateRefusal =
  | OwnInstanceRefusal
  | RefusalOf<'INSTANCE_BUSY' | 'SNAPSHOT_QUOTA_FULL' | 'IMAGE_QUOTA_FULL'>
  | RoomRefusal

/**
 * Requests a snapshot of an instance: a row in `creating` that takes its quota places at once; its host does the rest. Reserves as many
 * bytes as the disk can hold. Refuses as `onOwnInstance`, INSTANCE_BUSY, SNAPSHOT_QUOTA_FULL, BYTES_QUOTA_FULL and STORE_FULL. One
 * idempotency key creates one snapshot.
 */
export async function createSnapshot(
  ctx: Context,
  input: CreateSnapshotInput,
): Promise<Result<CreatedSnapshot, CreateRefusal>> {
  return await begin(ctx, { ...input, imageWhenDone: null })
}

/** Requests a snapshot of an instance and an image of it. Refuses as `createSnapshot`, and IMAGE_QUOTA_FULL. */
export async function createInstanceImage(
  ctx: Context,
  { region, instanceId, name }: CreateInstanceImageInput,
): Promise<Result<CreatedSnapshot, CreateRefusal>> {
  return await begin(ctx, { region, instanceId, name, description: '', imageWhenDone: name })
}

async function begin(
  ctx: Context,
  input: CreateSnapshotInput & { imageWhenDone: string | null },
): Promise<Result<CreatedSnapshot, CreateRefusal>> {
  return await onOwnInstance(ctx, input, async (tx, { instance }) =>
    once(tx, ctx, createdSnapshot, async (): Promise<Result<CreatedSnapshot, CreateRefusal>> => {
      const busy = refuseOperation('snapshot', instance)
      if (busy) return refuse(busy)
      const { region, name, description, imageWhenDone } = input
      const bytes = Number(instance.diskBytes)
      const asked = {
        ownerId: ctx.viewer.ownerId,
        regionId: region,
        bytes,
        writing: { where: 'store' as const, bytes },
      }
      const noPlace = { ...asked, bytes: 0, writing: { ...asked.writing, bytes: 0 } }
      const full =
        (await refuseNewSnapshot(tx, asked)) ?? (imageWhenDone === null ? null : await refuseNewImage(tx, noPlace))
      if (full) return refuse(full)
      const { imageName, imageOwnerId, imageOwnerName, operatingSystem } = await tx.instance.findUniqueOrThrow({
        where: { id: instance.id },
        select: { imageName: true, imageOwnerId: true, imageOwnerName: true, operatingSystem: true },
      })
      const snapshot = { id: newId('snap'), name }
      await tx.snapshot.create({
        data: {
          ...{ ...snapshot, description, imageWhenDone, state: 'creating' },
          ...{ ownerId: ctx.viewer.ownerId, createdById: ctx.viewer.accountId, regionId: region },
          ...{ instanceId: instance.id, instanceName: instance.name, imageId: instance.imageId },
          ...{ imageName, imageOwnerId, imageOwnerName, operatingSystem, bootMode: instance.bootMode },
          ...{ virtualSize: instance.diskBytes, promisedBytes: instance.diskBytes, totalBytes: instance.diskBytes },
          ...{ createdAt: ctx.now, updatedAt: ctx.now },
        },
      })
      await recordEvents(tx, ctx, [{ action: 'snapshot.create', regionId: region, instance, snapshot }])
      return ok({ region, snapshotId: snapshot.id })
    }),
  )
}

type ImageRefusal = RefusalOf<'SNAPSHOT_NOT_AVAILABLE'> | NewImageRefusal
type OwnRefusal = RefusalOf<'SIGNED_OUT' | 'SNAPSHOT_NOT_FOUND' | 'BUSY'>
type Locked = NonNullable<Awaited<ReturnType<typeof lockSnapshot>>>

async function lockSnapshot(tx: Transaction, ctx: Context, { region, snapshotId }: SnapshotInput) {
  await tx.$queryRaw`SELECT id FROM "Snapshot" WHERE id = ${snapshotId} AND "ownerId" = ${ctx.viewer.ownerId} FOR UPDATE`
  return await tx.snapshot.findFirst({ where: { id: snapshotId, ownerId: ctx.viewer.ownerId, regionId: region } })
}

async function onOwnSnapshot<Answer extends Result<unknown>>(
  ctx: Context,
  input: SnapshotInput,
  run: (tx: Transaction, snapshot: Locked) => Promise<Answer>,
): Promise<Answer | Result<never, OwnRefusal>> {
  return await inTransaction(async (tx): Promise<Answer | Result<never, OwnRefusal>> => {
    const accounts = await lockAccounts(tx, actingAccounts(ctx))
    const snapshot = await lockSnapshot(tx, ctx, input)
    if (!snapshot) return refuse({ code: 'SNAPSHOT_NOT_FOUND' })
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    return await run(tx, snapshot)
  })
}

/** Deletes a snapshot; images made of it stay. One that is being created is cancelled. */
export async function deleteSnapshot(
  ctx: Context,
  input: SnapshotInput,
): Promise<Result<{ snapshotId: string }, OwnRefusal>> {
  return await onOwnSnapshot(ctx, input, async (tx, snapshot) => {
    await tx.snapshot.delete({ where: { id: snapshot.id } })
    if (snapshot.blobId !== null)
      await releaseBytes(tx, { blobId: snapshot.blobId, regionId: snapshot.regionId }, ctx.now)
    await recordEvents(tx, ctx, [
      { action: 'snapshot.delete', regionId: snapshot.regionId, snapshot, instance: instanceOf(snapshot) },
    ])
    return ok({ snapshotId: snapshot.id })
  })
}

/**
 * Makes a custom image of a snapshot: a row that holds the same bytes; none are copied. It takes its quota places. Refuses
 * SNAPSHOT_NOT_FOUND, SNAPSHOT_NOT_AVAILABLE, IMAGE_QUOTA_FULL and BYTES_QUOTA_FULL.
 */
export async function createSnapshotImage(
  ctx: Context,
  input: CreateSnapshotImageInput,
): Promise<Result<CreatedImage, OwnRefusal | ImageRefusal>> {
  return await onOwnSnapshot(ctx, input, async (tx, snapshot) =>
    once(tx, ctx, createdImage, async (): Promise<Result<CreatedImage, ImageRefusal>> => {
      const refusal = refuseUse('createImage', snapshot)
      return refusal ? refuse(refusal) : await makeImage(tx, ctx, snapshot, input.name)
    }),
  )
}

export type ImageOf = Pick<
  Locked,
  | 'ownerId'
  | 'regionId'
  | 'blobId'
  | 'operatingSystem'
  | 'bootMode'
  | 'instanceId'
  | 'instanceName'
  | 'imageId'
  | 'imageName'
  | 'imageOwnerName'
>

/** Creates an image from a snapshot whose bytes are stored. Call it under the locks of the owner and the snapshot. */
export async function makeImage(
  tx: Transaction,
  ctx: Context,
  snapshot: ImageOf,
  name: string,
): Promise<Result<CreatedImage, NewImageRefusal>> {
  const { ownerId, regionId, blobId } = snapshot
  const blob = await tx.blob.findUniqueOrThrow({ where: { id: blobId ?? '' } })
  // No bytes are written, but they count once more, as for every image.
  const asked = { ownerId, regionId, bytes: Number(blob.size), writing: { where: 'store' as const, bytes: 0 } }
  const full = await refuseNewImage(tx, asked)
  if (full) return refuse(full)
  const image = { id: newId('img'), name }
  const { instanceId, instanceName, imageId, imageName, imageOwnerName } = snapshot
  await tx.image.create({
    data: {
      ...{ ...image, ownerId, regionId, source: 'INSTANCE', state: 'available', isNormalised: true },
      ...{ operatingSystem: snapshot.operatingSystem, bootMode: snapshot.bootMode, blobId },
      ...{ virtualSize: blob.virtualSize, size: blob.size, sha256: blob.sha256, format: blob.format },
      minDiskGib: Math.ceil(Number(blob.virtualSize) / 2 ** 30),
      madeFrom: { instanceId, instanceName, imageId, imageName, imageOwner: imageOwnerName },
      ...{ createdAt: ctx.now, updatedAt: ctx.now },
    },
  })
  const details = { from: instanceId }
  await checkLater(tx, blob.sha256, ctx.now)
  await recordEvents(tx, ctx, [{ action: 'image.make', regionId, image, details }])
  return ok({ region: regionId, imageId: image.id })
}

function instanceOf({ instanceId, instanceName }: { instanceId: string; instanceName: string }) {
  return { id: instanceId, name: instanceName }
}
