import 'server-only'
import { mintViewer, type Viewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import type { AccountKind } from '@/lib/db/generated/enums'
import type { Grant } from '@/lib/permissions'
import type { SessionTimes } from './rules'

type SessionRow = SessionTimes & {
  id: string
  username: string
  kind: AccountKind
  displayName: string
  masterId: string | null
  masterUsername: string | null
  grants: Grant[]
}

/** SQL for the policies of an account `a`, as one JSON array of `Grant`. */
export const selectGrants = Prisma.sql`(SELECT coalesce(jsonb_agg(jsonb_build_object('policy', p.policy, 'regions', p."regionIds")
  ORDER BY p.policy), '[]') FROM "AttachedPolicy" p WHERE p."accountId" = a.id)`

/**
 * A session with its account and policies; null if unknown, expired or disabled. Every request starts with this one
 * statement.
 */
export async function findSession(sessionId: string, now: Date): Promise<({ viewer: Viewer } & SessionTimes) | null> {
  const [row] = await db().$queryRaw<SessionRow[]>`
    SELECT s."createdAt", s."expiresAt", a.id, a.username, a.kind::text AS kind, a."displayName",
      m.id AS "masterId", m.username AS "masterUsername",
      ${selectGrants} AS grants
    FROM "Session" s JOIN "Account" a ON a.id = s."accountId" LEFT JOIN "Account" m ON m.id = a."masterId"
    WHERE s.id = ${sessionId} AND s."expiresAt" > ${now} AND a."disabledAt" IS NULL AND m."disabledAt" IS NULL`
  if (!row) return null
  const { createdAt, expiresAt, masterId, masterUsername, ...account } = row
  const master = masterId === null || masterUsername === null ? null : { id: masterId, username: masterUsername }
  return { viewer: mintViewer({ ...account, master }), createdAt, expiresAt }
}

/** Which of these sessions have ended, have expired, or belong to a disabled account. */
export async function findOverSessions(sessionIds: string[]): Promise<string[]> {
  const rows = await db().$queryRaw<{ id: string }[]>`
    SELECT id FROM unnest(${sessionIds}::text[]) AS asked(id) WHERE NOT EXISTS (
      SELECT FROM "Session" s JOIN "Account" a ON a.id = s."accountId" LEFT JOIN "Account" m ON m.id = a."masterId"
      WHERE s.id = asked.id AND s."expiresAt" > ${new Date()} AND a."disabledAt" IS NULL AND m."disabledAt" IS NULL)`
  return rows.map(({ id }) => id)
}
