import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { inRegions } from '@/lib/permissions'
import { ok, type Result } from '@/lib/result'
import type { MarkSharesSeenInput } from './schema'

/** Marks shares as seen by their recipient, no longer "New". Ignores others' shares and regions that the viewer may not see. */
export async function markSharesSeen(ctx: Context, input: MarkSharesSeenInput): Promise<Result<null, never>> {
  await db().share.updateMany({
    where: {
      id: { in: input.shareIds },
      recipientId: ctx.viewer.ownerId,
      seenAt: null,
      ...inRegions(ctx.viewer, 'images.read'),
    },
    data: { seenAt: ctx.now },
  })
  return ok(null)
}
