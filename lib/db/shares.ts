import 'server-only'
import { type Context, isDisabled } from '@/lib/auth/viewer'
import { type Need, refuseUnpermitted } from '@/lib/permissions'
import { type Refusal, type RefusalOf, type Result, refuse } from '@/lib/result'
import { db } from './client'
import { Prisma } from './generated/client'
import { lockImages } from './locks'
import { actingAccounts } from './own-image'
import { inTransaction, type Transaction } from './transaction'

/** Whether a row `s` of the table "Share" has expired by the database's clock; the view "LiveShare" excludes these. */
export const isOver = Prisma.sql`least(s."expiresAt", s."answerBy") <= statement_timestamp()`

export type WhichShares = { ids: string[]; side: 'sharer' | 'recipient' | 'either' }

/** A live share under its lock. `now`: the database's time at which it was live. */
export type LockedShare = {
  id: string
  regionId: string
  isPending: boolean
  expiresAt: Date | null
  owner: { id: string; username: string }
  recipient: { id: string; username: string }
  image: { id: string; name: string }
  now: Date
}

type AlwaysRefusal = RefusalOf<'NOT_PERMITTED' | 'SIGNED_OUT' | 'BUSY'>
export type ShareRefusal = AlwaysRefusal | RefusalOf<'SHARE_NOT_FOUND'>
export type SharesRefusal = AlwaysRefusal | RefusalOf<'SHARES_ENDED'>

/** Runs an operation on one share as `onShares` does. Refuses SHARE_NOT_FOUND if it is not live or not the viewer's. */
export async function onShare<Answer extends Result<unknown>>(
  ctx: Context,
  { id, side }: { id: string; side: WhichShares['side'] },
  run: (tx: Transaction, share: LockedShare) => Promise<Answer>,
): Promise<Answer | Result<never, ShareRefusal>> {
  const missing = { code: 'SHARE_NOT_FOUND' } as const
  return await underLocks(
    ctx,
    { ids: [id], side },
    () => missing,
    async (tx, [share]) => (share ? await run(tx, share) : refuse(missing)),
  )
}

/**
 * Runs an operation on shares in one transaction, under the locks of both sides and of the images, all or none: if one is not live
 * or not the viewer's, refuses all with SHARES_ENDED, and locks nothing for a stranger. NOT_PERMITTED for a sub-account without
 * the permission, SIGNED_OUT for a disabled account; then as `run` does.
 */
export async function onShares<Answer extends Result<unknown>>(
  ctx: Context,
  which: WhichShares,
  run: (tx: Transaction, shares: LockedShare[]) => Promise<Answer>,
): Promise<Answer | Result<never, SharesRefusal>> {
  const asked = which.ids.length
  return await underLocks(ctx, which, (live) => ({ code: 'SHARES_ENDED', asked, ended: asked - live }), run)
}

async function underLocks<Answer extends Result<unknown>, Missing extends Refusal>(
  ctx: Context,
  which: WhichShares,
  missing: (live: number) => Missing,
  run: (tx: Transaction, shares: LockedShare[]) => Promise<Answer>,
): Promise<Answer | Result<never, AlwaysRefusal | Missing>> {
  const found = await findLive(db(), ctx, which)
  const unpermitted = refuseUnpermitted(
    ctx.viewer,
    found.map((share) => needOf(ctx, share)),
  )
  if (unpermitted) return refuse(unpermitted)
  if (found.length < which.ids.length) return refuse(missing(found.length))
  return await inTransaction(async (tx): Promise<Answer | Result<never, AlwaysRefusal | Missing>> => {
    // The sides and the image of a share never change.
    const sides = found.flatMap(({ owner, recipient }) => [owner.id, recipient.id])
    const images = { ids: found.map(({ image }) => image.id), ownerId: null }
    const { accounts } = await lockImages(tx, [...new Set([...actingAccounts(ctx), ...sides])], images)
    if (isDisabled(ctx, accounts)) return refuse({ code: 'SIGNED_OUT' })
    const shares = await findLive(tx, ctx, which)
    if (shares.length < which.ids.length) return refuse(missing(shares.length))
    return await run(tx, shares)
  })
}

function needOf({ viewer }: Context, { owner, regionId }: LockedShare): Need {
  return { permission: viewer.ownerId === owner.id ? 'shares.give' : 'shares.receive', region: regionId }
}

async function findLive(
  on: Pick<Transaction, '$queryRaw'>,
  { viewer: { ownerId } }: Context,
  { ids, side }: WhichShares,
): Promise<LockedShare[]> {
  const isOwn = Prisma.sql`s."ownerId" = ${ownerId}`
  const isHeld = Prisma.sql`s."recipientId" = ${ownerId}`
  const isMine = { sharer: isOwn, recipient: isHeld, either: Prisma.sql`(${isOwn} OR ${isHeld})` }[side]
  return await on.$queryRaw<LockedShare[]>`
    SELECT s.id, s."regionId", s.status = 'PENDING' AS "isPending", s."expiresAt", statement_timestamp() AS now,
      json_build_object('id', o.id, 'username', o.username) AS owner,
      json_build_object('id', r.id, 'username', r.username) AS recipient,
      json_build_object('id', i.id, 'name', i.name) AS image
    FROM "LiveShare" s JOIN "Image" i ON i.id = s."imageId" JOIN "Account" o ON o.id = s."ownerId"
      JOIN "Account" r ON r.id = s."recipientId"
    WHERE s.id = ANY(${ids}::text[]) AND ${isMine} ORDER BY s.id`
}
