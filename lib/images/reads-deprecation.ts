import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { imageCan, isRetired } from './rules'
import type { Deprecation } from './schema'

/** The columns of an image that say whether it is deprecated. */
export const deprecationColumns = { deprecatedAt: true, retiresAt: true, replacementId: true } as const

/** Those columns, and whose image it is. */
export type DeprecationRow = {
  ownerId: string
  deprecatedAt: Date | null
  retiresAt: Date | null
  replacementId: string | null
}

/**
 * What the owner of an image says of its end, for whoever sees the image. The name of the replacement is part of that, also for a
 * recipient that does not have it; a replacement that cannot be used any more is left out.
 */
export async function readDeprecation(
  { viewer, now }: Context,
  { ownerId, deprecatedAt, retiresAt, replacementId }: DeprecationRow,
): Promise<Deprecation | null> {
  if (deprecatedAt === null) return null
  const found =
    replacementId === null
      ? null
      : await db().image.findFirst({
          where: { id: replacementId, ownerId, state: { in: [...imageCan.createInstance] } },
          select: {
            id: true,
            name: true,
            heldShares: { where: { recipientId: viewer.ownerId }, select: { id: true } },
          },
        })
  const isSeen = found !== null && (viewer.ownerId === ownerId || found.heldShares.length > 0)
  return {
    since: deprecatedAt.toISOString(),
    retiresAt: retiresAt?.toISOString() ?? null,
    isRetired: isRetired(retiresAt, now),
    replacement: found && { id: isSeen ? found.id : null, name: found.name },
  }
}
