import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import type { Group } from './schema'

/** The groups of the viewer's master account by name: at most 50. */
export async function listGroups({ viewer }: Context): Promise<Group[]> {
  return await db().recipientGroup.findMany({
    where: { ownerId: viewer.ownerId },
    select: { id: true, name: true, usernames: true },
    orderBy: { name: 'asc' },
  })
}
