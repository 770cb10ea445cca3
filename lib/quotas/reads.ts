import 'server-only'
import type { OwnerId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { plannedEachTime } from '@/lib/db/statement-names'
import type { Transaction } from '@/lib/db/transaction'
import { type Resource, type ResourceRow, resourceNames, resources, type Use } from './rules'
import type { Meter, QuotaMeters, RegionQuota } from './schema'

type Counted = { account: Prisma.Sql; region: Prisma.Sql }

export function quotaOf(resource: Resource, { account, region }: Counted): Prisma.Sql {
  return Prisma.sql`coalesce((SELECT amount FROM "Quota" WHERE "accountId" = ${account} AND "regionId" = ${region}
    AND resource = ${resource}), ${resources[resource].default}::bigint)`
}

export function rowsOf({ table, account: column, counts }: Use, { account, region }: Counted): Prisma.Sql {
  const owner = Prisma.raw(`"${table}" x WHERE x."${column}"`)
  return Prisma.sql`FROM ${owner} = ${account} AND x."regionId" = ${region} AND ${Prisma.raw(counts)}`
}

type Options = { most?: Prisma.Sql; except?: string | null }

/**
 * SQL for the use of a resource: exact, also over the quota, or counted up to `most` rows of each kind. Leaves out
 * `except`.
 */
export function usedOf(resource: Resource, counted: Counted, { most, except = null }: Options = {}): Prisma.Sql {
  const { uses }: ResourceRow = resources[resource]
  const others = except === null ? Prisma.empty : Prisma.sql`AND x.id <> ${except}`
  const parts = uses.map((use) => {
    const rows = Prisma.sql`${rowsOf(use, counted)} ${others}`
    if (use.takes) return Prisma.sql`(SELECT coalesce(sum(${Prisma.raw(use.takes)}), 0) ${rows})`
    return most
      ? Prisma.sql`(SELECT count(*) FROM (SELECT 1 ${rows} LIMIT ${most}) counted)`
      : Prisma.sql`(SELECT count(*) ${rows})`
  })
  return Prisma.join(parts, ' + ')
}

function metersAs(names: readonly Resource[], counted: Counted, options: Options = {}): Prisma.Sql {
  const meters = names.map(
    (name) =>
      Prisma.sql`${name}::text, json_build_object('used', ${usedOf(name, counted, options)}, 'quota', ${quotaOf(name, counted)})`,
  )
  return Prisma.sql`json_build_object(${Prisma.join(meters)})`
}

/**
 * SQL for all meters as one JSON object. Plan the statement each time: a generic plan would read other tenants' rows.
 */
export function metersOf(owner: OwnerId, regionId: string): Prisma.Sql {
  return metersAs(resourceNames, { account: Prisma.sql`${owner}`, region: Prisma.sql`${regionId}` })
}

/**
 * SELECTs those of some accounts that have no place left. It counts up to the quota, so a huge account costs no more.
 */
export function selectFull(
  resource: Resource,
  accountIds: string[],
  { regionId, asked }: { regionId: string; asked: number },
): Prisma.Sql {
  const counted = { account: Prisma.sql`a.id`, region: Prisma.sql`${regionId}` }
  const used = usedOf(resource, counted, { most: Prisma.sql`q.quota` })
  return Prisma.sql`
    SELECT a.id AS "accountId" FROM unnest(${accountIds}::text[]) AS a(id)
    CROSS JOIN LATERAL (SELECT ${quotaOf(resource, counted)} AS quota) q WHERE ${used} > q.quota - ${asked}::int`
}

/**
 * Some quotas and their use, without the row that asks for more. Under the account's lock: the facts of
 * `refuseQuota`.
 */
export async function quotaUse<Name extends Resource>(
  tx: Transaction,
  names: readonly Name[],
  { ownerId, regionId, except = null }: { ownerId: string; regionId: string; except?: string | null },
): Promise<Record<Name, Meter>> {
  const counted = { account: Prisma.sql`${ownerId}`, region: Prisma.sql`${regionId}` }
  const [row] = await tx.$queryRaw<{ meters: Record<Name, Meter> }[]>`
    SELECT ${metersAs(names, counted, { except })} AS meters`
  if (!row) throw new Error('A statement without FROM of a table has one row.')
  return row.meters
}

export async function listQuotas(owner: OwnerId): Promise<RegionQuota[]> {
  type Row = { regionId: string; regionName: string; meters: QuotaMeters }
  const meters = metersAs(resourceNames, { account: Prisma.sql`${owner}`, region: Prisma.sql`r.id` })
  const rows = await db().$queryRaw<Row[]>`
    SELECT ${plannedEachTime} r.id AS "regionId", r.name AS "regionName", ${meters} AS meters FROM "Region" r ORDER BY r.id`
  return rows.map(({ meters, ...region }) => ({ ...region, ...meters }))
}
