import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { lockImages } from '@/lib/db/locks'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { type EventFacts, insertEvents } from '@/lib/events/writes'
import { refuseUnpermitted } from '@/lib/permissions'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { endAction, needOfCancel, refuseCancelShares } from './rules'
import type { CancelSharesInput } from './schema-list'

/**
 * Rule 8 for several shares at once, given or received, over any images: all of them end or none does. SHARES_ENDED says how
 * many of them were over already; another tenant's share is answered like one of those.
 */
export async function cancelShares(
  ctx: Context,
  { shareIds }: CancelSharesInput,
): Promise<Result<{ cancelled: number }, RefusalOf<'SHARES_ENDED' | 'NOT_PERMITTED' | 'SIGNED_OUT' | 'BUSY'>>> {
  const shares = await findOwnShares(ctx, shareIds)
  const unpermitted = refuseUnpermitted(
    ctx.viewer,
    shares.map((share) => needOfCancel(ctx, share.image.owner.id, share.regionId)),
  )
  if (unpermitted) return refuse(unpermitted)
  return await inTransaction(async (tx) => {
    const who = shares.flatMap(({ image, recipient }) => [image.owner.id, recipient.id])
    const images = [...new Set(shares.map(({ image }) => image.id))]
    const { accounts } = await lockImages(tx, [...new Set([...who, ctx.viewer.ownerId, ctx.viewer.accountId])], {
      ids: images,
      ownerId: null,
    })
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const live = await tx.$queryRaw<{ id: string; isPending: boolean }[]>`
      SELECT id, status = 'PENDING' AS "isPending" FROM "LiveShare" WHERE id = ANY(${shares.map(({ id }) => id)})`
    const refusal = refuseCancelShares({ asked: shareIds.length, live: live.length })
    if (refusal) return refuse(refusal)
    const pending = live.filter(({ isPending }) => isPending).map(({ id }) => id)
    await endShares(tx, ctx, shares, pending)
    return ok({ cancelled: shares.length })
  })
}

type Ending = Awaited<ReturnType<typeof findOwnShares>>[number]

/** Finds what to lock. The image and the accounts of a share never change. */
async function findOwnShares({ viewer: { ownerId } }: Context, shareIds: string[]) {
  return await db().liveShare.findMany({
    where: { id: { in: shareIds }, OR: [{ ownerId }, { recipientId: ownerId }] },
    select: {
      id: true,
      regionId: true,
      image: { select: { id: true, name: true, owner: { select: { id: true, username: true } } } },
      recipient: { select: { id: true, username: true } },
    },
    orderBy: { id: 'asc' },
  })
}

/** WRITE: the shares and their events, by one statement. */
async function endShares(tx: Transaction, ctx: Context, shares: Ending[], pending: string[]): Promise<void> {
  const events = shares.map(({ id, regionId, image, recipient }): EventFacts => {
    const by = ctx.viewer.ownerId === image.owner.id ? 'sharer' : 'recipient'
    return {
      ...{ action: endAction({ isPending: pending.includes(id), by }), owner: image.owner, regionId, shareId: id },
      ...{ recipient, image: { id: image.id, name: image.name }, details: { by } },
    }
  })
  await tx.$executeRaw`
    WITH ended AS (DELETE FROM "Share" WHERE id = ANY(${shares.map(({ id }) => id)}) RETURNING id)
    ${insertEvents(ctx, events)}`
}
