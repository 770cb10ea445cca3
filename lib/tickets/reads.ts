import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { may, policiesFor } from '@/lib/permissions'

/** Whether account `a` has the permission instances.change for instance `i`, for statements without a viewer. */
export const mayOperate = Prisma.sql`(a.kind = 'MASTER' OR EXISTS (SELECT FROM "AttachedPolicy" p
  WHERE p."accountId" = a.id AND p.policy IN (${Prisma.join(policiesFor('instances.change'))})
    AND (p."regionIds" IS NULL OR p."regionIds" @> to_jsonb(i."regionId"))))`

export type OpenView = { sessionId: string; instanceId: string }

export type ViewOver = 'SIGNED_OUT' | 'GONE' | null

/**
 * Whether each view may continue: session valid, account enabled and permitted, instance not ending. One statement
 * for all.
 */
export async function judgeViews(views: OpenView[], now: Date): Promise<ViewOver[]> {
  const sessions = views.map(({ sessionId }) => sessionId)
  const instances = views.map(({ instanceId }) => instanceId)
  const rows = await db().$queryRaw<{ over: ViewOver }[]>`
    SELECT CASE
      WHEN a.id IS NULL OR a."disabledAt" IS NOT NULL OR m."disabledAt" IS NOT NULL THEN 'SIGNED_OUT'
      WHEN i.id IS NULL OR NOT ${mayOperate} THEN 'GONE'
    END AS over
    FROM unnest(${sessions}::text[], ${instances}::text[]) WITH ORDINALITY AS v ("sessionId", "instanceId", n)
      LEFT JOIN "Session" s ON s.id = v."sessionId" AND s."expiresAt" > ${now}
      LEFT JOIN "Account" a ON a.id = s."accountId" LEFT JOIN "Account" m ON m.id = a."masterId"
      LEFT JOIN "Instance" i ON i.id = v."instanceId" AND i."ownerId" = coalesce(a."masterId", a.id)
        AND i.state NOT IN ('terminating', 'terminated')
    ORDER BY v.n`
  return rows.map(({ over }) => over)
}

/** The name of an own instance that may still have a machine; null for any other, and without the permission. */
export async function findMachineName({ viewer }: Context, instanceId: string): Promise<string | null> {
  const where = {
    id: instanceId,
    ownerId: viewer.ownerId,
    state: { notIn: ['terminating' as const, 'terminated' as const] },
  }
  const found = await db().instance.findFirst({ where, select: { name: true, regionId: true } })
  return found && may(viewer, 'instances.read', found.regionId) ? found.name : null
}
