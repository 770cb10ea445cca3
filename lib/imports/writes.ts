import 'server-only'
import { randomBytes } from 'node:crypto'
import { quotaUse } from '@/lib/accounts/reads'
import { refuseImageQuota } from '@/lib/accounts/rules'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import type { DiskContent, DiskFormatName } from '@/lib/blobs/rules'
import { type Brought, letGo, type Place, referTo, settle } from '@/lib/blobs/writes'
import { db } from '@/lib/db/client'
import type { ImportStep } from '@/lib/db/generated/enums'
import { addJob } from '@/lib/db/jobs'
import { type LockedImage, lockAccounts, lockImage } from '@/lib/db/locks'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { parseDiskLayout } from '@/lib/disks/layout'
import { recordEvents } from '@/lib/events/writes'
import { newId } from '@/lib/ids'
import { needsOf } from '@/lib/images/rules'
import type { ImageFailure } from '@/lib/images/schema'
import { ok, type Refusal, type Result, refuse } from '@/lib/result'
import { leaseMs, queueMs, refuseCancelImport } from './rules'
import type { CancelImportInput, ImportImageInput } from './schema'

/** How a disk comes in: the file's name and size where they are known, how long its sender may be silent, and who that is. */
export type Arrival = { fileName?: string; size?: number; patienceMs: number; holder?: string }

/** An import or a copy, and who works on it: what another has taken up meanwhile is no longer one's own to go on with. */
export type Work = { imageId: string; holder: string | null }

/** A name that no other holder of a lease has. */
export function newHolder(): string {
  return randomBytes(8).toString('hex')
}

/**
 * Begins an import: the image stands there as `importing` and has taken its quota place before the first byte arrives.
 * Refuses REGION_NOT_FOUND and IMAGE_QUOTA_FULL. Who began it renews the lease until it ends it one way or the other.
 */
export async function beginImport(
  ctx: Context,
  input: ImportImageInput,
  arrival: Arrival = { patienceMs: leaseMs },
): Promise<Result<{ imageId: string }>> {
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
        step: 'RECEIVE',
        originName: arrival.fileName,
        totalBytes: arrival.size ?? 0,
        leaseHolder: arrival.holder ?? null,
        leaseUntil: new Date(ctx.now.getTime() + arrival.patienceMs),
        createdAt: ctx.now,
        updatedAt: ctx.now,
      },
    })
    await recordEvents(tx, ctx, [{ action: 'image.import', regionId: input.region, image }])
    return ok({ imageId: image.id })
  })
}

/** What an import or a copy is at, for whoever watches it. */
export type Progress = { step?: ImportStep; doneBytes?: number; totalBytes?: number }

/**
 * Says that an import or a copy still lives, and how far it has come. False: it has been failed, cancelled or taken up by
 * somebody else meanwhile, so whoever works on it stops.
 */
export async function renewLease(
  { imageId, holder }: Work,
  now: Date,
  progress: Progress = {},
  patienceMs = leaseMs,
): Promise<boolean> {
  // What nobody holds has a sender as long as it arrives; afterwards it waits in the queue, and not for a day.
  const step = holder === null ? { step: 'RECEIVE' as const } : {}
  const renewed = await db().image.updateMany({
    where: { id: imageId, leaseHolder: holder, state: { in: ['importing', 'copying'] }, ...step },
    data: { leaseUntil: new Date(now.getTime() + patienceMs), ...progress },
  })
  return renewed.count === 1
}

/** Takes an import or a copy that nobody works on, or whose worker has died. Of several who ask, one gets it. */
export async function takeLease(imageId: string, now: Date): Promise<Work | null> {
  const holder = newHolder()
  const taken = await db().image.updateMany({
    where: {
      id: imageId,
      state: { in: ['importing', 'copying'] },
      AND: [
        { OR: [{ step: null }, { NOT: { step: 'RECEIVE' } }] },
        { OR: [{ leaseHolder: null }, { leaseUntil: { lt: now } }] },
      ],
    },
    data: { leaseHolder: holder, leaseUntil: new Date(now.getTime() + leaseMs) },
  })
  return taken.count === 1 ? { imageId, holder } : null
}

/** Gives a lease back before its end, so that the next worker need not wait for it to run out. */
export async function dropLease({ imageId, holder }: Work, now: Date): Promise<void> {
  await db().image.updateMany({
    where: { id: imageId, leaseHolder: holder, state: { in: ['importing', 'copying'] } },
    data: inQueue(now),
  })
}

/** Nobody's, and looked at again should the queue forget it. */
export function inQueue(now: Date): { leaseHolder: null; leaseUntil: Date } {
  return { leaseHolder: null, leaseUntil: new Date(now.getTime() + queueMs) }
}

/** A file that has arrived whole: what was received, and what its sender says of it. */
export type Received = { size: number; sha256: string | null; claimedSha256: string | null }

/**
 * Notes that the file of an import has arrived whole. From here on the import survives the death of whoever works on it.
 * Where nobody holds it, as with an upload, a job goes on with it, else its holder does. Another's is IMAGE_NOT_FOUND, and an
 * account that was disabled while it sent is SIGNED_OUT.
 */
export async function endReceiving(ctx: Context, work: Work, received: Received): Promise<Result<{ imageId: string }>> {
  const { imageId } = work
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const image = await lockImage(tx, imageId)
    if (image && image.ownerId !== ctx.viewer.ownerId) return refuse({ code: 'IMAGE_NOT_FOUND' })
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    if (image?.state === 'importing' && image.step !== 'RECEIVE') return ok({ imageId })
    const lost = refuseLost(image, work, 'importing')
    if (lost) return refuse(lost)
    await tx.image.update({
      where: { id: imageId },
      data: {
        step: 'CHECK',
        doneBytes: 0,
        totalBytes: received.size,
        originSize: received.size,
        originSha256: received.sha256,
        claimedSha256: received.claimedSha256,
        ...(work.holder === null ? inQueue(ctx.now) : { leaseUntil: new Date(ctx.now.getTime() + leaseMs) }),
        updatedAt: ctx.now,
      },
    })
    if (work.holder === null) await addJob(tx, 'finish-import', { imageId })
    return ok({ imageId })
  })
}

/** Notes what the file of an import is, once our own inspector has said so. */
export async function noteOrigin(imageId: string, origin: { format: DiskFormatName; sha256: string }): Promise<void> {
  await db().image.updateMany({
    where: { id: imageId, state: 'importing' },
    data: { originFormat: origin.format, originSha256: origin.sha256 },
  })
}

/** Finds the place of an import's bytes in the store before they are written there. */
export async function claimPlace(
  ctx: Context,
  work: Work,
  content: DiskContent,
  { isNormalised }: { isNormalised: boolean },
): Promise<Result<Place>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, work.imageId)
    const lost = refuseLost(image, work, 'importing')
    if (lost || !image) return refuse(lost ?? { code: 'IMAGE_NOT_FOUND' })
    await tx.image.update({ where: { id: image.id }, data: { isNormalised } })
    return ok(await referTo(tx, image, content, ctx.now))
  })
}

/** Ends an import well: the disk is in the store, the image becomes `available`. Refuses when the import was failed meanwhile. */
export async function finishImport(ctx: Context, work: Work, brought: Brought): Promise<Result<{ imageId: string }>> {
  const { imageId } = work
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, imageId)
    const lost = refuseLost(image, work, 'importing')
    if (lost || !image) return refuse(lost ?? { code: 'IMAGE_NOT_FOUND' })
    const disk = await settle(tx, image, brought, ctx.now)
    const needs = await needsOfSettled(tx, imageId, disk)
    await tx.image.update({
      where: { id: imageId },
      data: { ...disk, ...needs, ...atRest, state: 'available', updatedAt: ctx.now },
    })
    await recordEvents(tx, ctx, [
      { action: 'image.available', regionId: image.regionId, image, details: { size: disk.size, sha256: disk.sha256 } },
    ])
    await addJob(tx, 'discard-staged', { imageId })
    return ok({ imageId })
  })
}

/** What a machine needs for an image whose bytes are there, by its owner or by what was read from the disk. */
async function needsOfSettled(tx: Transaction, imageId: string, { virtualSize }: DiskContent) {
  const select = { bootMode: true, minDiskGib: true, blob: { select: { layout: true } } } as const
  const { blob, ...said } = await tx.image.findUniqueOrThrow({ where: { id: imageId }, select })
  return needsOf(said, { bootMode: parseDiskLayout(blob?.layout)?.bootMode ?? null, virtualSize })
}

/** Why work cannot be gone on with: it has ended, or is somebody else's by now. */
export function refuseLost(
  image: LockedImage | null,
  { holder }: Work,
  state: 'importing' | 'copying',
): Refusal | null {
  const isLost = image?.state !== state || image.leaseHolder !== holder
  return isLost ? { code: 'IMAGE_BUSY', state: image?.state ?? 'deleted' } : null
}

const atRest = { step: null, leaseHolder: null, leaseUntil: null, doneBytes: 0, totalBytes: 0 }

/**
 * Ends an import badly, and says whether it did: the image keeps its row and its reason, gives its quota place back, and a
 * job throws away what has arrived. Nothing happens to one that has ended meanwhile, or that somebody else goes on with.
 */
export async function failImport(ctx: Context, work: Work, failure: ImageFailure): Promise<Result<boolean>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, work.imageId)
    if (!image || refuseLost(image, work, 'importing')) return ok(false)
    await writeFailure(tx, ctx, image, failure)
    return ok(true)
  })
}

/** Fails an import whose sender has died or fallen silent, and says whether it did. The lease is looked at again under the lock. */
export async function failDeadImport(ctx: Context, imageId: string): Promise<Result<boolean>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, imageId)
    if (image?.state !== 'importing' || image.step !== 'RECEIVE' || !isDead(image, ctx.now)) return ok(false)
    await writeFailure(tx, ctx, image, { code: 'IMPORT_INTERRUPTED' })
    return ok(true)
  })
}

/** Has an import or a copy taken up again when its worker has died, and says whether it did. */
export async function queueAgain(ctx: Context, imageId: string): Promise<Result<boolean>> {
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [ctx.viewer.ownerId])
    const image = await lockImage(tx, imageId)
    const isWork = image?.state === 'copying' || (image?.state === 'importing' && image.step !== 'RECEIVE')
    if (!image || !isWork || !isDead(image, ctx.now)) return ok(false)
    await tx.image.update({ where: { id: imageId }, data: { ...inQueue(ctx.now), updatedAt: ctx.now } })
    await addJob(tx, image.state === 'copying' ? 'copy-image' : 'finish-import', { imageId })
    return ok(true)
  })
}

function isDead(image: LockedImage, now: Date): boolean {
  return image.leaseUntil !== null && image.leaseUntil.getTime() < now.getTime()
}

/** Gives an import up while it runs: the image is gone, its quota place is free, and what has arrived is thrown away. */
export async function cancelImport(ctx: Context, input: CancelImportInput): Promise<Result<{ imageId: string }>> {
  // An image never changes hands, so another's is answered without taking a lock on it.
  if ((await db().image.count({ where: { id: input.imageId, ownerId: ctx.viewer.ownerId } })) === 0)
    return refuse({ code: 'IMAGE_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    const accounts = await lockAccounts(tx, [...new Set([ctx.viewer.ownerId, ctx.viewer.accountId])])
    const image = await lockImage(tx, input.imageId)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const refusal = refuseCancelImport({ image: image && { ...image, isOwn: true }, region: input.region })
    if (refusal || !image) return refuse(refusal ?? { code: 'IMAGE_NOT_FOUND' })
    await letGo(tx, image, ctx.now)
    await tx.image.delete({ where: { id: image.id } })
    await recordEvents(tx, ctx, [{ action: 'image.cancel', regionId: image.regionId, image }])
    await addJob(tx, 'discard-staged', { imageId: image.id })
    return ok({ imageId: image.id })
  })
}

async function writeFailure(tx: Transaction, ctx: Context, image: LockedImage, failure: ImageFailure): Promise<void> {
  await letGo(tx, image, ctx.now)
  await tx.image.update({
    where: { id: image.id },
    data: { ...atRest, state: 'failed', failure, virtualSize: 0, size: 0, sha256: null, updatedAt: ctx.now },
  })
  await recordEvents(tx, ctx, [{ action: 'image.fail', regionId: image.regionId, image, details: failure }])
  await addJob(tx, 'discard-staged', { imageId: image.id })
}
