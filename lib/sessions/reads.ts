import 'server-only'
import { mintViewer, type Viewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import type { SessionTimes } from './rules'

/** A session and who holds it, or null: unknown, over, or of an account that is disabled or whose master is. */
export async function findSession(sessionId: string, now: Date): Promise<({ viewer: Viewer } & SessionTimes) | null> {
  const session = await db().session.findUnique({
    where: { id: sessionId, expiresAt: { gt: now } },
    select: {
      createdAt: true,
      expiresAt: true,
      account: {
        select: {
          id: true,
          username: true,
          kind: true,
          displayName: true,
          disabledAt: true,
          master: { select: { id: true, username: true, disabledAt: true } },
        },
      },
    },
  })
  if (!session) return null
  const { account, createdAt, expiresAt } = session
  if (account.disabledAt || account.master?.disabledAt) return null
  return { viewer: mintViewer(account), createdAt, expiresAt }
}
