import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import type { LockedImage } from '@/lib/db/locks'
import { type OwnImageRefusal, onOwnImage } from '@/lib/db/own-image'
import type { Transaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { type EventFacts, recordEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { refuseDeprecate } from './rules'
import type { DeprecateImageInput, OwnImageInput } from './schema'

type DeprecateRefusal = OwnImageRefusal | RefusalOf<'IMAGE_BUSY' | 'REPLACEMENT_NOT_FOUND'>

/**
 * Rule 32: deprecates an own image, or changes what was said of it: until the end of which day instances can be created from it,
 * and the image to use instead. Every recipient is told. Refuses as `onOwnImage` and `refuseDeprecate` say.
 */
export async function deprecateImage(
  ctx: Context,
  input: DeprecateImageInput,
): Promise<Result<{ imageId: string }, DeprecateRefusal>> {
  const { replacementId, retiresOn } = input
  const deprecate = async (
    tx: Transaction,
    { image, images }: { image: LockedImage; images: Map<string, LockedImage> },
  ): Promise<Result<{ imageId: string }, DeprecateRefusal>> => {
    const replacement = replacementId === null ? null : images.get(replacementId)
    const refusal = refuseDeprecate(image, replacement)
    if (refusal) return refuse(refusal)
    const retiresAt = retiresOn === null ? null : await endOfDay(tx, retiresOn)
    const data = { deprecatedAt: ctx.now, retiresAt, replacementId, updatedAt: ctx.now }
    await tx.image.update({ where: { id: image.id }, data })
    const details = {
      ...(retiresAt && { until: retiresAt.toISOString() }),
      ...(replacement && { replacement: replacement.name }),
    }
    await recordForHolders(tx, ctx, { action: 'image.deprecate', regionId: image.regionId, image, details })
    return ok({ imageId: image.id })
  }
  return await onOwnImage(ctx, input, deprecate, async () => ({
    images: replacementId === null ? [] : [replacementId],
  }))
}

/** Takes a deprecation back. An image that is not deprecated stays as it is, and nothing is recorded. */
export async function undeprecateImage(
  ctx: Context,
  input: OwnImageInput,
): Promise<Result<{ imageId: string }, OwnImageRefusal>> {
  return await onOwnImage(ctx, input, async (tx, { image }) => {
    const nothing = { deprecatedAt: null, retiresAt: null, replacementId: null }
    const { count } = await tx.image.updateMany({
      where: { id: image.id, deprecatedAt: { not: null } },
      data: { ...nothing, updatedAt: ctx.now },
    })
    if (count > 0) await recordForHolders(tx, ctx, { action: 'image.undeprecate', regionId: image.regionId, image })
    return ok({ imageId: image.id })
  })
}

/** The moment at which a calendar day of the deployment's time zone is over. */
async function endOfDay(tx: Transaction, day: string): Promise<Date> {
  const [row] = await tx.$queryRaw<{ at: Date }[]>`
    SELECT ((${day}::date + 1)::timestamp AT TIME ZONE ${env().ECS_TIME_ZONE}) AS at`
  if (!row) throw new Error('A statement without FROM has one row.')
  return row.at
}

/** Records the event once for each recipient that holds the image, or once if there is none. No share begins or ends under the image's lock. */
async function recordForHolders(tx: Transaction, ctx: Context, event: EventFacts & { image: LockedImage }) {
  const shares = await tx.heldShare.findMany({
    where: { imageId: event.image.id },
    select: { id: true, recipientId: true },
    orderBy: { id: 'asc' },
  })
  const accounts = await tx.account.findMany({
    where: { id: { in: shares.map(({ recipientId }) => recipientId) } },
    select: { id: true, username: true },
  })
  const recipients = new Map(accounts.map((account) => [account.id, account]))
  const events = shares.flatMap(({ id, recipientId }): EventFacts[] => {
    const recipient = recipients.get(recipientId)
    return recipient ? [{ ...event, shareId: id, recipient }] : []
  })
  await recordEvents(tx, ctx, events.length > 0 ? events : [event])
}
