import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { onShares, type SharesRefusal } from '@/lib/db/shares'
import { insertEvents } from '@/lib/events/writes'
import { quotaUse } from '@/lib/quotas/reads'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { refuseAccept } from './rules'
import type { ShareInput } from './schema'

/**
 * Rule 15: accepts a pending share for its recipient, whose quota place it takes now. Refuses SHARE_NOT_FOUND once it has
 * ended, whichever way, and IMAGE_QUOTA_FULL without a place. An accepted share is accepted again without an effect.
 */
export async function acceptShare(
  ctx: Context,
  { shareId }: ShareInput,
): Promise<Result<{ shareId: string }, SharesRefusal | RefusalOf<'IMAGE_QUOTA_FULL'>>> {
  return await onShares(ctx, { ids: [shareId], side: 'recipient' }, async (tx, [share]) => {
    if (!share) return refuse({ code: 'SHARE_NOT_FOUND' })
    const { regionId, isPending, image, owner, recipient } = share
    const { images } = await quotaUse(tx, ['images'], { ownerId: recipient.id, regionId })
    const refusal = refuseAccept({ isPending, quota: { ...images, asked: 1, region: regionId } })
    if (refusal) return refuse(refusal)
    const accepted = { action: 'share.accept' as const, owner, regionId, image, shareId, recipient }
    await tx.$executeRaw`
      WITH accepted AS (
        UPDATE "Share" SET status = 'ACCEPTED', "answerBy" = NULL, "seenAt" = coalesce("seenAt", ${ctx.now}::timestamptz)
        WHERE id = ${shareId} AND status = 'PENDING' RETURNING id
      ) ${insertEvents(ctx, [accepted])} WHERE EXISTS (SELECT 1 FROM accepted)`
    return ok({ shareId })
  })
}
