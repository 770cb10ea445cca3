import 'server-only'
import { mintViewer, type Viewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'

/** Who holds a session, or null: unknown, over, or of an account that is disabled or whose master is. */
export async function findViewer(sessionId: string, now: Date): Promise<Viewer | null> {
  const session = await db().session.findUnique({
    where: { id: sessionId, expiresAt: { gt: now } },
    select: {
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
  const account = session?.account
  if (!account || account.disabledAt || account.master?.disabledAt) return null
  return mintViewer(account)
}
