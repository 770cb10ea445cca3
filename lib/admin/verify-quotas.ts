import 'server-only'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { formatBytes } from '@/lib/format'
import { quotaOf, rowsOf, usedOf } from '@/lib/quotas/reads'
import { type Resource, type ResourceRow, resourceNames, resources } from '@/lib/quotas/rules'
import { type Finding, type IdRange, note, violation } from './finding'

/** Rules 3 and 13: the use of every resource in every region is within its quota. */
export async function checkQuotas(range: IdRange): Promise<Finding[]> {
  const found: Finding[] = []
  for (const name of resourceNames) found.push(...(await checkQuota(name, range)))
  return found
}

type Row = {
  id: string
  username: string
  region: string
  quota: number
  used: number
  isForced: boolean
  isEarlier: boolean
}

/**
 * Use above the quota is explained if the operator forced the quota and nothing was added since, or if all of it is older
 * than the quota.
 */
async function checkQuota(name: Resource, { after, upTo }: IdRange): Promise<Finding[]> {
  const { recorded }: ResourceRow = resources[name]
  const counted = { account: Prisma.sql`a.id`, region: Prisma.sql`r.id` }
  const rows = await db().$queryRaw<Row[]>`
    SELECT a.id, a.username, r.id AS region, q.quota, u.used,
      coalesce(e.quota = q.quota AND u.used <= e.used, false) AS "isForced", ${isEarlier(name, counted)} AS "isEarlier"
    FROM "Account" a CROSS JOIN "Region" r
    CROSS JOIN LATERAL (SELECT (${quotaOf(name, counted)})::float8 AS quota) q
    CROSS JOIN LATERAL (SELECT (${usedOf(name, counted)})::float8 AS used) u
    LEFT JOIN LATERAL (SELECT (details->>${recorded.quota})::float8 AS quota, (details->>${recorded.used})::float8 AS used
      FROM "Event" WHERE "ownerId" = a.id AND "regionId" = r.id AND action = 'quota.set' AND details ? ${recorded.quota}
        AND u.used > q.quota
      ORDER BY id DESC LIMIT 1) e ON true
    WHERE a.id > ${after} AND a.id <= ${upTo} AND u.used > q.quota ORDER BY a.id, r.id`
  const kind = name === 'images' ? 'quota' : `${name}-quota`
  return rows.map(({ id, username, region, quota, used, isForced, isEarlier }) => {
    const message = `${username} uses ${said(name, used)} in ${region}, and its quota is ${said(name, quota)}`
    if (isForced) return note(kind, id, `${message}: the operator forced it below the use.`)
    if (isEarlier) return note(kind, id, `${message}: everything used is older than the quota.`)
    return violation(kind, id, `${message}.`)
  })
}

function isEarlier(name: Resource, counted: { account: Prisma.Sql; region: Prisma.Sql }): Prisma.Sql {
  const { since, uses }: ResourceRow = resources[name]
  if (since === undefined) return Prisma.sql`false`
  const migrated = Prisma.sql`(SELECT coalesce(min(finished_at), '-infinity') FROM _prisma_migrations WHERE migration_name = ${since})`
  const later = uses.map((use) => Prisma.sql`EXISTS (SELECT ${rowsOf(use, counted)} AND x."createdAt" > ${migrated})`)
  return Prisma.sql`NOT (${Prisma.join(later, ' OR ')})`
}

function said(name: Resource, amount: number): string {
  return resources[name].unit === 'bytes' ? formatBytes(amount, 'en') : `${amount} ${name}`
}
