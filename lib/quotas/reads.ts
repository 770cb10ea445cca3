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

/** SQL for the amount of some rows, in the unit of a quota. */
function amountOf(use: Use, unit: ResourceRow['unit']): Prisma.Sql {
  if (unit === 'pieces') return Prisma.sql`count(*)`
  return use.bytes ? Prisma.sql`coalesce(sum(${Prisma.raw(use.bytes)}), 0)` : Prisma.sql`0`
}

/** SQL for the use of a resource: exact, even above the quota; with `most`, counted up to that many rows of each kind. */
export function usedOf(resource: Resource, counted: Counted, { most }: { most?: Prisma.Sql } = {}): Prisma.Sql {
  const { uses, unit }: ResourceRow = resources[resource]
  const parts = uses.map((use) => {
    const rows = rowsOf(use, counted)
    return most && unit === 'pieces'
      ? Prisma.sql`(SELECT count(*) FROM (SELECT 1 ${rows} LIMIT ${most}) counted)`
      : Prisma.sql`(SELECT ${amountOf(use, unit)} ${rows})`
  })
  return Prisma.join(parts, ' + ')
}

/**
 * SQL for some meters as one JSON object, without the row `except`. Rows that count for two resources are read in one pass, which
 * halves the time of an account with many images; OFFSET keeps PostgreSQL from inlining it and reading them twice.
 */
function metersAs(names: readonly Resource[], counted: Counted, except: string | null = null): Prisma.Sql {
  const asked = names.map((name): ResourceRow & { name: Resource } => ({ name, ...resources[name] }))
  const uses = [...new Set(asked.flatMap((resource) => resource.uses))]
  const units = [...new Set(asked.map((resource) => resource.unit))]
  const others = except === null ? Prisma.empty : Prisma.sql`AND x.id <> ${except}`
  const used = (use: Use) => `used${uses.indexOf(use)}`
  const sums = uses.map((use) => {
    const amounts = Prisma.join(units.map((unit) => amountOf(use, unit)))
    return Prisma.sql`(SELECT ARRAY[${amounts}] ${rowsOf(use, counted)} ${others}) AS ${Prisma.raw(used(use))}`
  })
  const meters = asked.map(({ name, uses, unit, default: standard }) => {
    const sum = uses.map((use) => `${used(use)}[${units.indexOf(unit) + 1}]`).join(' + ')
    return Prisma.sql`${name}::text, json_build_object('used', ${Prisma.raw(sum)},
      'quota', coalesce((quotas->>${name})::bigint, ${standard}::bigint))`
  })
  return Prisma.sql`(SELECT json_build_object(${Prisma.join(meters)}) FROM (SELECT ${Prisma.join(sums)},
    (SELECT json_object_agg(resource, amount) FROM "Quota" WHERE "accountId" = ${counted.account} AND "regionId" = ${counted.region}) AS quotas
    OFFSET 0) amounts)`
}

/**
 * SQL for all meters as one JSON object. Plan the statement each time: a generic plan would read other tenants' rows.
 */
export function metersOf(owner: OwnerId, regionId: string): Prisma.Sql {
  return metersAs(resourceNames, { account: Prisma.sql`${owner}`, region: Prisma.sql`${regionId}` })
}

/**
 * SELECTs the given accounts that have no place left. It counts up to the quota, so a huge account costs no more.
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
 * Some quotas and their use, without the row that asks for more: the facts of `refuseQuota`. Call it under the account's
 * lock.
 */
export async function quotaUse<Name extends Resource>(
  tx: Transaction,
  names: readonly Name[],
  { ownerId, regionId, except = null }: { ownerId: string; regionId: string; except?: string | null },
): Promise<Record<Name, Meter>> {
  const counted = { account: Prisma.sql`${ownerId}`, region: Prisma.sql`${regionId}` }
  const [row] = await tx.$queryRaw<{ meters: Record<Name, Meter> }[]>`
    SELECT ${metersAs(names, counted, except)} AS meters`
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
