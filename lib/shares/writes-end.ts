import 'server-only'
import { type Context, systemContext } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { lockImages } from '@/lib/db/locks'
import { isOver, type LockedShare, onShare, onShares, type ShareRefusal, type SharesRefusal } from '@/lib/db/shares'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { overAction } from '@/lib/events/rules'
import { type EventFacts, insertEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { endAction } from './rules'
import type { CancelSharesInput, ShareInput } from './schema'

/**
 * Rule 8: ends a share for its sharer or its recipient. Refuses SHARE_NOT_FOUND for everybody else, and for an ended share.
 * The recipient's quota place is free at once; the sharer's daily count stays. A pending share ended by its recipient is
 * declined.
 */
export async function cancelShare(
  ctx: Context,
  { shareId }: ShareInput,
): Promise<Result<{ shareId: string }, ShareRefusal>> {
  return await onShare(ctx, { id: shareId, side: 'either' }, async (tx, share) => {
    await endShares(tx, ctx, [share])
    return ok({ shareId })
  })
}

/**
 * Rule 8 for several shares, all or none. SHARES_ENDED counts those that have ended or are another tenant's.
 */
export async function cancelShares(
  ctx: Context,
  { shareIds }: CancelSharesInput,
): Promise<Result<{ cancelled: number }, SharesRefusal>> {
  return await onShares(ctx, { ids: shareIds, side: 'either' }, async (tx, shares) => {
    await endShares(tx, ctx, shares)
    return ok({ cancelled: shares.length })
  })
}

/** Rule 15: declines a pending share for its recipient. Refuses SHARE_NOT_PENDING if it is already accepted. */
export async function declineShare(
  ctx: Context,
  { shareId }: ShareInput,
): Promise<Result<{ shareId: string }, ShareRefusal | RefusalOf<'SHARE_NOT_PENDING'>>> {
  return await onShare(ctx, { id: shareId, side: 'recipient' }, async (tx, share) => {
    if (!share.isPending) return refuse({ code: 'SHARE_NOT_PENDING' })
    await endShares(tx, ctx, [share])
    return ok({ shareId })
  })
}

async function endShares(tx: Transaction, ctx: Context, shares: LockedShare[]): Promise<void> {
  const events = shares.map(({ id, isPending, image, ...share }): EventFacts => {
    const by = ctx.viewer.ownerId === share.owner.id ? 'sharer' : 'recipient'
    const { owner, recipient, regionId } = share
    return { action: endAction({ isPending, by }), owner, regionId, image, shareId: id, recipient, details: { by } }
  })
  await deleteShares(tx, ctx, events)
}

async function deleteShares(tx: Transaction, ctx: Context, events: EventFacts[]): Promise<void> {
  await tx.$executeRaw`
    WITH ended AS (DELETE FROM "Share" WHERE id = ANY(${events.map(({ shareId }) => shareId)}::text[]))
    ${insertEvents(ctx, events)}`
}

export type Over = { imageId: string; recipientIds: string[] }

type OverRow = {
  id: string
  regionId: string
  imageName: string
  expiresAt: Date | null
  answerBy: Date | null
  owner: { id: string; username: string }
  recipient: { id: string; username: string }
}

/** Rule 16: removes expired shares and records each end once. The caller holds the image's lock. */
export async function endOver(tx: Transaction, now: Date, { imageId, recipientIds }: Over): Promise<void> {
  const rows = await tx.$queryRaw<OverRow[]>`
    SELECT s.id, s."regionId", i.name AS "imageName", s."expiresAt", s."answerBy",
      json_build_object('id', o.id, 'username', o.username) AS owner,
      json_build_object('id', r.id, 'username', r.username) AS recipient
    FROM "Share" s JOIN "Image" i ON i.id = s."imageId" JOIN "Account" o ON o.id = s."ownerId"
      JOIN "Account" r ON r.id = s."recipientId"
    WHERE s."imageId" = ${imageId} AND s."recipientId" = ANY(${recipientIds}::text[]) AND ${isOver} ORDER BY s.id`
  const [first] = rows
  if (!first) return
  const events = rows.map(({ id, regionId, imageName, recipient, ...ends }) => {
    const image = { id: imageId, name: imageName }
    return { action: overAction(ends), regionId, image, shareId: id, recipient }
  })
  await deleteShares(tx, systemContext(first.owner, now), events)
}

// Bounds one round of the sweep to seconds.
const imagesAtOnce = 500

/**
 * Records the ends of expired shares, whose places have been free since then. Concurrent runs are
 * safe.
 */
export async function endSharesOver(now: Date): Promise<void> {
  const images = await db().$queryRaw<{ imageId: string; ownerId: string; recipientIds: string[] }[]>`
    SELECT s."imageId", s."ownerId", array_agg(s."recipientId") AS "recipientIds" FROM "Share" s
    WHERE least(s."expiresAt", s."answerBy") IS NOT NULL AND ${isOver} GROUP BY 1, 2 LIMIT ${imagesAtOnce}`
  for (const { imageId, ownerId, recipientIds } of images)
    await inTransaction(async (tx) => {
      await lockImages(tx, [ownerId, ...recipientIds], { ids: [imageId], ownerId })
      await endOver(tx, now, { imageId, recipientIds })
      return ok(null)
    })
}
