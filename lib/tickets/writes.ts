import 'server-only'
import { createHash, randomBytes } from 'node:crypto'
import type { SessionContext } from '@/lib/context'
import { db } from '@/lib/db/client'
import { canInstance, refuseOperation, type StateAndTask } from '@/lib/instances/rules'
import { refuseUnpermitted } from '@/lib/permissions'
import { Refused } from '@/lib/result'
import { mayOperate } from './reads'
import { ticketMs, ticketPattern, ticketsMax, type ViewKindName } from './rules'
import type { OpenTicketInput, TicketGiven } from './schema'

/**
 * Issues a ticket for one view of an own instance from this session, valid for 30 s. Throws `Refused`: NOT_PERMITTED without a
 * policy for the instance's region, INSTANCE_NOT_FOUND also for another tenant's and a terminated instance, INSTANCE_BUSY if its
 * state has no view, VIEWS_FULL with too many unused tickets.
 */
export async function openTicket(ctx: SessionContext, input: OpenTicketInput): Promise<TicketGiven> {
  const { instanceId, kind, from = null, takeOver } = input
  const [instance] = await db().$queryRaw<(StateAndTask & { regionId: string })[]>`
    SELECT state::text AS state, task::text AS task, "regionId" FROM "Instance"
    WHERE id = ${instanceId} AND "ownerId" = ${ctx.viewer.ownerId} AND state NOT IN ('terminating', 'terminated')`
  if (!instance) throw new Refused({ code: 'INSTANCE_NOT_FOUND' })
  const need = { permission: 'instances.change' as const, region: instance.regionId }
  const refusal = refuseUnpermitted(ctx.viewer, [need]) ?? refuseOperation(kind, instance)
  if (refusal) throw new Refused(refusal)
  const ticket = randomBytes(32).toString('base64url')
  // Deletes the session's expired tickets too, so that it has few rows besides usable ones.
  const made = await db().$executeRaw`
    WITH stale AS (
      DELETE FROM "ViewTicket" WHERE "sessionId" = ${ctx.sessionId} AND "expiresAt" <= clock_timestamp())
    INSERT INTO "ViewTicket" (id, "sessionId", "instanceId", kind, "from", "isTakeOver", "expiresAt")
    SELECT ${digest(ticket)}, ${ctx.sessionId}, ${instanceId}, ${kind}::"ViewKind", ${from}::bigint, ${takeOver},
      clock_timestamp() + ${ticketMs} * interval '1 millisecond'
    WHERE ${ticketsMax} > (SELECT count(*) FROM "ViewTicket"
      WHERE "sessionId" = ${ctx.sessionId} AND "expiresAt" > clock_timestamp())`
  if (made === 0) throw new Refused({ code: 'VIEWS_FULL', max: ticketsMax })
  return { ticket }
}

export type View = {
  instanceId: string
  ownerId: string
  kind: ViewKindName
  from: number | null
  isTakeOver: boolean
}

type Redeemed = Omit<View, 'from'> & StateAndTask & { from: bigint | null }

/**
 * Uses up a ticket, whatever the outcome, and returns the view that it opens for this session; null if it is unknown,
 * used, expired or of another session, or if the session, its account or the instance is no longer valid.
 */
export async function redeemTicket(ticket: string, sessionId: string, now: Date): Promise<View | null> {
  if (!ticketPattern.test(ticket)) return null
  const [row] = await db().$queryRaw<Redeemed[]>`
    WITH used AS (DELETE FROM "ViewTicket" WHERE id = ${digest(ticket)} RETURNING *)
    SELECT i.id AS "instanceId", i."ownerId", u.kind::text AS kind, u."from", u."isTakeOver",
      i.state::text AS state, i.task::text AS task
    FROM used u JOIN "Session" s ON s.id = u."sessionId" JOIN "Account" a ON a.id = s."accountId"
      LEFT JOIN "Account" m ON m.id = a."masterId"
      JOIN "Instance" i ON i.id = u."instanceId" AND i."ownerId" = coalesce(a."masterId", a.id)
    WHERE u."sessionId" = ${sessionId} AND u."expiresAt" > clock_timestamp()
      AND s."expiresAt" > ${now} AND a."disabledAt" IS NULL AND m."disabledAt" IS NULL AND ${mayOperate}`
  if (!row) return null
  const { from, state, task, ...view } = row
  return canInstance(view.kind, { state, task }) ? { ...view, from: from === null ? null : Number(from) } : null
}

function digest(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex')
}
