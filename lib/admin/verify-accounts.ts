import 'server-only'
import { unknownLookupsMax, unknownLookupsWindowMs } from '@/lib/accounts/rules'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { dailySharesMax } from '@/lib/shares/rules'
import { type Finding, type IdRange, idRanges, type VerifyOptions, violation } from './finding'
import { checkQuotas } from './verify-quotas'

const accountsAtOnce = 100

/** Checks the counters of accounts (days, quotas, look-ups), and that disabled accounts have no sessions. */
export async function* verifyAccounts({ now, signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const range of idRanges('Account', accountsAtOnce, signal)) {
    yield* await checkMasters(range)
    yield* await checkDays(range)
    yield* await checkQuotas(range)
    yield* await checkLookups(range)
    yield* await checkSessions(range, now)
  }
}

async function checkMasters({ after, upTo }: IdRange): Promise<Finding[]> {
  const rows = await db().$queryRaw<{ id: string; username: string }[]>`
    SELECT a.id, a.username FROM "Account" a LEFT JOIN "Account" m ON m.id = a."masterId"
    WHERE a.id > ${after} AND a.id <= ${upTo}
      AND ((a.kind = 'SUB') <> (a."masterId" IS NOT NULL) OR (a.kind = 'SUB' AND m.kind IS DISTINCT FROM 'MASTER'))
    ORDER BY a.id`
  return rows.map(({ id, username }) => violation('account', id, `${username} is a sub-account without a master.`))
}

type DayRow = { id: string; username: string; day: string; used: number; recorded: number }

/** Rule 2: the counter of a day equals that day's events in the deployment's time zone, and is within the limit. */
async function checkDays({ after, upTo }: IdRange): Promise<Finding[]> {
  const rows = await db().$queryRaw<DayRow[]>`
    WITH page AS (SELECT id, username FROM "Account" WHERE id > ${after} AND id <= ${upTo}),
      counted AS (SELECT d."accountId" AS id, d.day, d.used FROM "ShareDay" d JOIN page p ON p.id = d."accountId"),
      recorded AS (
        SELECT p.id, e.day, e.shares FROM page p CROSS JOIN LATERAL (
          SELECT coalesce((details->>'day')::date, (at AT TIME ZONE ${env().ECS_TIME_ZONE}::text)::date) AS day, count(*)::int AS shares
          FROM "Event" WHERE "ownerId" = p.id AND action = 'share.create' GROUP BY 1) e)
    SELECT id, p.username, day::text AS day, coalesce(c.used, 0) AS used, coalesce(r.shares, 0) AS recorded
    FROM counted c FULL JOIN recorded r USING (id, day) JOIN page p USING (id)
    WHERE coalesce(c.used, 0) <> coalesce(r.shares, 0) OR c.used > ${dailySharesMax} ORDER BY id, day`
  return rows.flatMap(({ id, username, day, used, recorded }) => {
    const found: Finding[] = []
    if (used !== recorded) {
      const message = `${username} used ${used} shares on ${day} by its counter, ${recorded} by the record of events.`
      found.push(violation('share-day', id, message))
    }
    if (used > dailySharesMax) {
      found.push(
        violation('daily-limit', id, `${username} shared ${used} times on ${day}; the limit is ${dailySharesMax}.`),
      )
    }
    return found
  })
}

type LookupRow = { id: string; username: string; at: Date }

/** Rule 12: an unknown username is one too many if it came less than an hour after the 60th before it. */
async function checkLookups({ after, upTo }: IdRange): Promise<Finding[]> {
  const rows = await db().$queryRaw<LookupRow[]>`
    SELECT a.id, a.username, max(l.at) AS at FROM "Account" a JOIN (
      SELECT "accountId", at, lag(at, ${unknownLookupsMax}::int) OVER (PARTITION BY "accountId" ORDER BY at) AS before
      FROM "UnknownLookup" WHERE "accountId" > ${after} AND "accountId" <= ${upTo}) l ON l."accountId" = a.id
    WHERE l.at - l.before < ${unknownLookupsWindowMs}::int * interval '1 millisecond'
    GROUP BY a.id, a.username ORDER BY a.id`
  return rows.map(({ id, username, at }) => {
    const message = `${username} asked for more than ${unknownLookupsMax} unknown usernames in the hour to ${at.toISOString()}.`
    return violation('lookups', id, message)
  })
}

type SessionRow = { id: string; username: string; sessions: number }

/** Rule 11: a disabled account is signed out, and with a master its sub-accounts. */
async function checkSessions({ after, upTo }: IdRange, now: Date): Promise<Finding[]> {
  const rows = await db().$queryRaw<SessionRow[]>`
    SELECT a.id, a.username, count(*)::int AS sessions
    FROM "Session" s JOIN "Account" a ON a.id = s."accountId" LEFT JOIN "Account" m ON m.id = a."masterId"
    WHERE a.id > ${after} AND a.id <= ${upTo} AND s."expiresAt" > ${now}::timestamptz
      AND (a."disabledAt" IS NOT NULL OR m."disabledAt" IS NOT NULL)
    GROUP BY a.id, a.username ORDER BY a.id`
  return rows.map(({ id, username, sessions }) => {
    return violation('session', id, `${username} is disabled, or its master is, and has ${sessions} sessions.`)
  })
}
