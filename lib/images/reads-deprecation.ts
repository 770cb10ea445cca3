import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { imageCan, isRetired } from './rules'
import type { Deprecation } from './schema'

/** The columns about an image's deprecation. */
export const deprecationColumns = { deprecatedAt: true, retiresAt: true, replacementId: true } as const

/** Those columns, and the image's owner. */
export type DeprecationRow = {
  ownerId: string
  deprecatedAt: Date | null
  retiresAt: Date | null
  replacementId: string | null
}

/**
 * The deprecation of an image for anybody who sees the image. The replacement's name is included even for a recipient without
 * access to it; a replacement that can no longer be used is omitted.
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
