import 'server-only'
import { type Context, systemContext } from '@/lib/auth/viewer'
import { isLastHolder, removeLater } from '@/lib/blobs/writes'
import { db } from '@/lib/db/client'
import type { LockedImage } from '@/lib/db/locks'
import { type Locked, type OwnImage, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import { StartOver, type Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { changesOf, overAction } from '@/lib/events/rules'
import { recordEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import {
  canImage,
  imageCan,
  leastDiskGib,
  refuseDelete,
  refuseFromBin,
  refuseMinDisk,
  refuseProtect,
  refuseUpdate,
} from './rules'
import type { DeleteImageInput, OwnImageInput, RecycleBinInput, UpdateImageInput } from './schema'

// Bounds the time of one request to a few seconds.
const purgedAtOnce = 100

/** Changes the description of an own image. Refuses as `onOwnImage`, `refuseUpdate` and `refuseMinDisk` say. */
export async function updateImage(
  ctx: Context,
  input: UpdateImageInput,
): Promise<Result<{ imageId: string }, OwnImageRefusal | RefusalOf<'IMAGE_BUSY' | 'MIN_DISK_BELOW_SIZE'>>> {
  return await onOwnImage(ctx, input, async (tx, { image }) => {
    const refusal = refuseUpdate(image)
    if (refusal) return refuse(refusal)
    const { name, description, operatingSystem, bootMode, minMemoryMib } = input
    const { virtualSize: size, ...before } = await tx.image.findUniqueOrThrow({
      where: { id: image.id },
      select: {
        virtualSize: true,
        name: true,
        description: true,
        operatingSystem: true,
        bootMode: true,
        minDiskGib: true,
        minMemoryMib: true,
      },
    })
    const virtualSize = Number(size)
    // An empty field means the size of the disk.
    const minDiskGib = input.minDiskGib === null ? leastDiskGib(virtualSize) : input.minDiskGib
    const tooSmall = minDiskGib ? refuseMinDisk({ minDiskGib, virtualSize }) : null
    if (tooSmall) return refuse(tooSmall)
    const said = { name, description, operatingSystem, bootMode, minDiskGib, minMemoryMib }
    await tx.image.update({ where: { id: image.id }, data: { ...said, updatedAt: ctx.now } })
    const details = changesOf(before, said)
    const updated = { id: image.id, name }
    await recordEvents(tx, ctx, [{ action: 'image.update', regionId: image.regionId, image: updated, details }])
    return ok({ imageId: image.id })
  })
}

/**
 * Deletes an own image; `region: null` is the operator, who names no region. A shared one only together with its shares
 * and with its name typed (rule 9). It moves to the recycle bin, where only its owner can see and restore it; without a
 * bin, and with `isForGood`, it is deleted for good. A failed image has no bytes and is deleted at once. Refuses as
 * `onOwnImage` and `refuseDelete` say.
 */
export async function deleteImage(
  ctx: Context,
  input: Omit<DeleteImageInput, 'region'> & { region: string | null; isForGood?: boolean },
): Promise<
  Result<
    { imageId: string; cancelledShares: number },
    OwnImageRefusal | RefusalOf<'IMAGE_BUSY' | 'IMAGE_PROTECTED' | 'IMAGE_IS_SHARED' | 'IMAGE_NAME_MISMATCH'>
  >
> {
  const remove = async (tx: Transaction, { image, accounts }: Locked) => {
    const found = await readDeletion(tx, ctx, { image, accounts })
    const refusal = refuseDelete({ ...input, ...found })
    if (refusal) return refuse(refusal)
    await removeImage(tx, ctx, { image, isForGood: input.isForGood ?? false })
    await recordDeletion(tx, ctx, found)
    return ok({ imageId: image.id, cancelledShares: found.recipients })
  }
  return await onOwnImage(ctx, input, remove, async (tx) => ({
    accounts: await recipientsOf(tx, ctx, [input.imageId]),
  }))
}

/** An own image to delete, with its shares. `recipients`: how many of them are live. */
export type Deletion = { image: LockedImage; shares: ShareRow[]; recipients: number; isBeingCopied: boolean }

/** The facts for deleting an image, read under its lock. */
export async function readDeletion(
  tx: Transaction,
  ctx: Context,
  { image, accounts }: Pick<Locked, 'image' | 'accounts'>,
): Promise<Deletion> {
  const shares = await sharesOf(tx, ctx, [image.id])
  // A share that was made between the read and the locks has a recipient that is not locked.
  if (shares.some((share) => !accounts.has(share.recipient.id))) throw new StartOver()
  const isBeingCopied =
    (await tx.image.count({ where: { copyOfId: image.id, state: { in: [...imageCan.cancelCopy] } } })) > 0
  return { image, shares, recipients: shares.filter(({ isOver }) => !isOver).length, isBeingCopied }
}

/** Ends an image's shares and moves it to the recycle bin, or removes it, which locks its blob. */
export async function removeImage(
  tx: Transaction,
  ctx: Context,
  { image, isForGood }: { image: LockedImage; isForGood: boolean },
): Promise<void> {
  await tx.share.deleteMany({ where: { imageId: image.id } })
  const binned = { state: 'deleted', deletedAt: ctx.now, updatedAt: ctx.now } as const
  if (!canImage('bin', image.state)) await tx.image.delete({ where: { id: image.id } })
  else if (env().ECS_RECYCLE_DAYS === 0 || isForGood) await removeForGood(tx, ctx, image)
  else await tx.image.update({ where: { id: image.id }, data: binned })
}

/** Records a deletion. Call it after the last lock. */
export async function recordDeletion(tx: Transaction, ctx: Context, { image, shares }: Deletion): Promise<void> {
  await recordOver(tx, ctx, image, shares)
  const live = shares.filter(({ isOver }) => !isOver)
  await recordEvents(tx, ctx, [
    ...live.map((share) => ({
      action: 'share.cancel' as const,
      regionId: image.regionId,
      image,
      shareId: share.id,
      recipient: share.recipient,
      details: { by: 'sharer' },
    })),
    { action: 'image.delete', regionId: image.regionId, image },
  ])
}

/** Protects an own image from deletion until it is unprotected. Refuses as `onOwnImage` and `refuseProtect` say. */
export async function protectImage(
  ctx: Context,
  input: OwnImageInput,
): Promise<Result<{ imageId: string }, BinRefusal>> {
  return await setProtected(ctx, input, true)
}

/** Allows deletion of an own image again. Refuses as `protectImage`. */
export async function unprotectImage(
  ctx: Context,
  input: OwnImageInput,
): Promise<Result<{ imageId: string }, BinRefusal>> {
  return await setProtected(ctx, input, false)
}

async function setProtected(
  ctx: Context,
  input: OwnImageInput,
  isProtected: boolean,
): Promise<Result<{ imageId: string }, BinRefusal>> {
  return await onOwnImage(ctx, input, async (tx, { image }) => {
    const refusal = refuseProtect(image)
    if (refusal) return refuse(refusal)
    // No change, so nothing is recorded.
    if (image.isProtected === isProtected) return ok({ imageId: image.id })
    await tx.image.update({ where: { id: image.id }, data: { isProtected, updatedAt: ctx.now } })
    const action = isProtected ? 'image.protect' : 'image.unprotect'
    await recordEvents(tx, ctx, [{ action, regionId: image.regionId, image }])
    return ok({ imageId: image.id })
  })
}

async function recordOver(tx: Transaction, ctx: Context, image: LockedImage, shares: ShareRow[]): Promise<void> {
  const over = shares.filter(({ isOver }) => isOver)
  if (over.length === 0) return
  const { ownerId, ownerUsername } = ctx.viewer
  const system = systemContext({ id: ownerId, username: ownerUsername }, ctx.now)
  const events = over.map(({ id, recipient, ...ends }) => ({
    ...{ action: overAction(ends), regionId: image.regionId, image, shareId: id, recipient },
  }))
  await recordEvents(tx, system, events)
}

type BinRefusal = OwnImageRefusal | RefusalOf<'IMAGE_BUSY'>

/** Restores an image from the recycle bin. It has kept its quota place there. */
export async function restoreImage(
  ctx: Context,
  input: OwnImageInput,
): Promise<Result<{ imageId: string }, BinRefusal>> {
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
 * Deletes an image in the bin for good; `region: null` is the operator. IMAGE_BUSY if it was deleted after
 * `deletedUntil`.
 */
export async function purgeImage(
  ctx: Context,
  input: OwnImage & { deletedUntil?: Date },
): Promise<Result<{ imageId: string }, BinRefusal>> {
  const { deletedUntil } = input
  return await fromBin(ctx, input, async (tx, image) => {
    const isLate =
      deletedUntil && (await tx.image.count({ where: { id: image.id, deletedAt: { gt: deletedUntil } } })) > 0
    if (isLate) return { code: 'IMAGE_BUSY', state: image.state }
    await removeForGood(tx, ctx, image)
    await recordEvents(tx, ctx, [{ action: 'image.purge', regionId: image.regionId, image }])
    return null
  })
}

/** Removes the images in the bin up to the newest that the page showed, `purgedAtOnce` per call. `left`: call again. */
export async function emptyRecycleBin(
  ctx: Context,
  input: RecycleBinInput,
): Promise<Result<{ purged: number; left: number }, BinRefusal>> {
  const { region, deletedUntil } = input
  const where = { ownerId: ctx.viewer.ownerId, regionId: region, deletedAt: { lte: deletedUntil } }
  const binned = await db().image.findMany({ where, select: { id: true }, take: purgedAtOnce })
  let purged = 0
  for (const { id } of binned) {
    const result = await purgeImage(ctx, { region, imageId: id, deletedUntil })
    if (result.ok) purged++
    // Another browser has already restored or removed this one: continue with the others.
    else if (!['IMAGE_BUSY', 'IMAGE_NOT_FOUND'].includes(result.refusal.code)) return result
  }
  return ok({ purged, left: await db().image.count({ where }) })
}

async function fromBin(
  ctx: Context,
  input: OwnImage,
  run: (tx: Transaction, image: LockedImage) => Promise<RefusalOf<'IMAGE_BUSY'> | null>,
): Promise<Result<{ imageId: string }, BinRefusal>> {
  return await onOwnImage(ctx, input, async (tx, { image }) => {
    const refusal = refuseFromBin(image) ?? (await run(tx, image))
    return refusal ? refuse(refusal) : ok({ imageId: image.id })
  })
}

/** Queues the removal of bytes that no other image holds; until then the image is `deleting` and keeps its quota place. */
async function removeForGood(tx: Transaction, ctx: Context, image: LockedImage): Promise<void> {
  if (image.blobId !== null && (await isLastHolder(tx, image))) {
    const data = { state: 'deleting', deletedAt: null, updatedAt: ctx.now } as const
    await tx.image.update({ where: { id: image.id }, data })
    await removeLater(tx, image.blobId, ctx.now)
  } else await tx.image.delete({ where: { id: image.id } })
}

/** Deletes failed images that have been kept long enough. */
export async function forgetFailedImages(before: Date): Promise<number> {
  return (await db().image.deleteMany({ where: { state: 'failed', updatedAt: { lt: before } } })).count
}

type ShareRow = {
  id: string
  recipient: { id: string; username: string }
  isOver: boolean
  expiresAt: Date | null
  answerBy: Date | null
}

/** The recipients of own images, to lock them before the images. */
export async function recipientsOf(tx: Transaction, ctx: Context, imageIds: string[]): Promise<string[]> {
  return (await sharesOf(tx, ctx, imageIds)).map((share) => share.recipient.id)
}

/** The shares of own images; none of another tenant's, so that a stranger cannot lock its recipients. */
async function sharesOf(tx: Transaction, ctx: Context, imageIds: string[]): Promise<ShareRow[]> {
  return await tx.$queryRaw<ShareRow[]>`
    SELECT s.id, s."expiresAt", s."answerBy", json_build_object('id', a.id, 'username', a.username) AS recipient,
      NOT EXISTS (SELECT FROM "LiveShare" l WHERE l.id = s.id) AS "isOver"
    FROM "Share" s JOIN "Account" a ON a.id = s."recipientId"
    WHERE s."imageId" = ANY(${imageIds}::text[]) AND s."ownerId" = ${ctx.viewer.ownerId} ORDER BY s.id`
}
