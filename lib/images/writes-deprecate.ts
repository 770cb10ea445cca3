import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import type { LockedImage } from '@/lib/db/locks'
import { type Locked, type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import { StartOver, type Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { type EventFacts, recordEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { refuseDeprecate } from './rules'
import type { DeprecateImageInput, OwnImageInput } from './schema'
import { recipientsOf } from './writes'

type DeprecateRefusal = OwnImageRefusal | RefusalOf<'IMAGE_BUSY' | 'REPLACEMENT_NOT_FOUND'>

/**
 * Rule 32: deprecates an own image, or changes its deprecation: the last day on which instances can be created from it, and its
 * replacement. Every recipient is notified. Refuses as `onOwnImage` and `refuseDeprecate` say.
 */
export async function deprecateImage(
  ctx: Context,
  input: DeprecateImageInput,
): Promise<Result<{ imageId: string }, DeprecateRefusal>> {
  const { replacementId, retiresOn } = input
  const deprecate = async (
    tx: Transaction,
    { image, images, accounts }: Locked,
  ): Promise<Result<{ imageId: string }, DeprecateRefusal>> => {
    const replacement = replacementId === null ? null : images.get(replacementId)
    const refusal = refuseDeprecate(image, replacement)
    if (refusal) return refuse(refusal)
    const retiresAt = retiresOn === null ? null : await endOfDay(tx, retiresOn)
    const said = { retiresAt, replacementId }
    // The same deprecation again is not recorded.
    const isSaid = await tx.image.count({ where: { id: image.id, deprecatedAt: { not: null }, ...said } })
    if (isSaid > 0) return ok({ imageId: image.id })
    const data = { deprecatedAt: ctx.now, ...said, updatedAt: ctx.now }
    await tx.image.update({ where: { id: image.id }, data })
    const details = {
      ...(retiresAt && { until: retiresAt.toISOString() }),
      ...(replacement && { replacement: replacement.name }),
    }
    await recordForHolders(tx, ctx, { action: 'image.deprecate', regionId: image.regionId, image, details }, accounts)
    return ok({ imageId: image.id })
  }
  return await onOwnImage(ctx, input, deprecate, async (tx) => ({
    accounts: await recipientsOf(tx, ctx, [input.imageId]),
    images: replacementId === null ? [] : [replacementId],
  }))
}

/** Ends a deprecation. An image that is not deprecated stays as it is, and nothing is recorded. */
export async function undeprecateImage(
  ctx: Context,
  input: OwnImageInput,
): Promise<Result<{ imageId: string }, OwnImageRefusal>> {
  const undeprecate = async (tx: Transaction, { image, accounts }: Locked) => {
    const nothing = { deprecatedAt: null, retiresAt: null, replacementId: null }
    const { count } = await tx.image.updateMany({
      where: { id: image.id, deprecatedAt: { not: null } },
      data: { ...nothing, updatedAt: ctx.now },
    })
    const event = { action: 'image.undeprecate', regionId: image.regionId, image } as const
    if (count > 0) await recordForHolders(tx, ctx, event, accounts)
    return ok({ imageId: image.id })
  }
  return await onOwnImage(ctx, input, undeprecate, async (tx) => ({
    accounts: await recipientsOf(tx, ctx, [input.imageId]),
  }))
}

/** The moment at which a calendar day ends in the deployment's time zone. */
async function endOfDay(tx: Transaction, day: string): Promise<Date> {
  const [row] = await tx.$queryRaw<{ at: Date }[]>`
    SELECT ((${day}::date + 1)::timestamp AT TIME ZONE ${env().ECS_TIME_ZONE}) AS at`
  if (!row) throw new Error('A statement without FROM has one row.')
  return row.at
}

/** How many changes of an image a day its recipients are notified of. Each is a notice, and a permanent entry of their trail. */
const toldInADayMax = 5
const dayMs = 24 * 60 * 60 * 1000

/**
 * Records the event for each recipient of the image, or once if there is none, or if they were notified too often in a
 * day. No share begins or ends under the image's lock.
 */
async function recordForHolders(
  tx: Transaction,
  ctx: Context,
  event: EventFacts & { image: LockedImage },
  accounts: Locked['accounts'],
) {
  const shares = await tx.heldShare.findMany({
    where: { imageId: event.image.id },
    select: { id: true, recipientId: true },
    orderBy: { id: 'asc' },
  })
  const events = shares.map(({ id, recipientId }): EventFacts => {
    const recipient = accounts.get(recipientId)
    // A share that was made between the read and the locks has a recipient that is not locked.
    if (!recipient) throw new StartOver()
    return { ...event, shareId: id, recipient }
  })
  const isTold = events.length > 0 && (await timesTold(tx, ctx, event.image.id)) < toldInADayMax
  await recordEvents(tx, ctx, isTold ? events : [event])
}

/** The largest number of notices of this image that one of its recipients got within a day. */
async function timesTold(tx: Transaction, { now }: Context, imageId: string): Promise<number> {
  const told = await tx.event.groupBy({
    by: ['recipientId'],
    where: {
      imageId,
      recipientId: { not: null },
      action: { in: ['image.deprecate', 'image.undeprecate'] },
      at: { gt: new Date(now.getTime() - dayMs) },
    },
    _count: { _all: true },
  })
  return Math.max(0, ...told.map(({ _count }) => _count._all))
}
