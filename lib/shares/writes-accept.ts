import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { isOver, onShare, type ShareRefusal } from '@/lib/db/shares'
import { StartOver } from '@/lib/db/transaction'
import { insertEvents } from '@/lib/events/writes'
import { quotaUse } from '@/lib/quotas/reads'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { refuseAccept } from './rules'
import type { ShareInput } from './schema'

/**
 * Rule 15: accepts a pending share, which takes its quota place. Refuses SHARE_NOT_FOUND once it has ended, and
 * IMAGE_QUOTA_FULL.
 */
export async function acceptShare(
  ctx: Context,
  { shareId }: ShareInput,
): Promise<Result<{ shareId: string }, ShareRefusal | RefusalOf<'IMAGE_QUOTA_FULL'>>> {
  return await onShare(ctx, { id: shareId, side: 'recipient' }, async (tx, share) => {
    const { regionId, isPending, image, owner, recipient } = share
    if (!isPending) return ok({ shareId })
    const { images } = await quotaUse(tx, ['images'], { ownerId: recipient.id, regionId })
    const refusal = refuseAccept({ isPending, quota: { ...images, asked: 1, region: regionId } })
    if (refusal) return refuse(refusal)
    const facts = { owner, regionId, image, shareId, recipient, details: { by: 'recipient' } }
    const accepted = await tx.$executeRaw`
      WITH accepted AS (
        UPDATE "Share" s SET status = 'ACCEPTED', "answerBy" = NULL, "seenAt" = coalesce("seenAt", ${ctx.now}::timestamptz)
        WHERE id = ${shareId} AND (${isOver}) IS NOT TRUE RETURNING id
      ) ${insertEvents(ctx, [{ action: 'share.accept', ...facts }])} WHERE EXISTS (SELECT 1 FROM accepted)`
    // It has expired since it was read, and must not be revived. The next run finds it gone.
    if (accepted === 0) throw new StartOver()
    return ok({ shareId })
  })
}
