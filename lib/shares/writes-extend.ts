import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { isOver, onShares, type SharesRefusal } from '@/lib/db/shares'
import { StartOver } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { insertEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { endPolicy } from './reads'
import { endOfShare, nextEndNotice, refuseEnd } from './rules'
import { type ExtendSharesInput, untilOf } from './schema'

/** Rule 16: changes the end of own shares, all or none. Refuses SHARES_ENDED, then as `refuseEnd` says. */
export async function extendShares(
  ctx: Context,
  input: ExtendSharesInput,
): Promise<
  Result<
    { shareIds: string[]; until: string | null },
    SharesRefusal | RefusalOf<'SHARE_END_PAST' | 'SHARE_END_TOO_LATE'>
  >
> {
  const { shareIds } = input
  return await onShares(ctx, { ids: shareIds, side: 'sharer' }, async (tx, shares) => {
    const facts = { now: shares[0]?.now ?? ctx.now, timeZone: env().ECS_TIME_ZONE, policy: endPolicy() }
    const end = endOfShare(untilOf(input), facts)
    const refusal = refuseEnd(end, facts)
    if (refusal) return refuse(refusal)
    const until = end?.toISOString() ?? null
    const events = shares.map(({ id, expiresAt, owner, recipient, regionId, image }) => ({
      ...{ action: 'share.extend' as const, owner, recipient, regionId, image, shareId: id },
      details: { ...(expiresAt && { from: expiresAt.toISOString() }), ...(until && { until }) },
    }))
    const extended = await tx.$executeRaw`
      WITH extended AS (
        UPDATE "Share" s SET "expiresAt" = ${end}::timestamptz, "endNoticeAt" = ${nextEndNotice(end, facts.now)}::timestamptz
        WHERE id = ANY(${shareIds}::text[]) AND (${isOver}) IS NOT TRUE RETURNING id
      ) ${insertEvents(ctx, events)} WHERE (SELECT count(*) FROM extended) = ${shares.length}`
    // One has expired since it was read, and must not be revived: roll back all. The next run finds it gone.
    if (extended === 0) throw new StartOver()
    return ok({ shareIds, until })
  })
}
