import 'server-only'
import type { OwnerId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { plannedEachTime } from '@/lib/db/statement-names'
import type { Transaction } from '@/lib/db/transaction'
import { bytesQuotaDefault, imageQuotaDefault } from './rules'
import type { QuotaMeters, RegionQuota } from './schema'

/** A master account's image quota in a region and what is used of it: own images but failed ones, and shares received. */
export type QuotaUse = { accountId: string; regionId: string; quota: number; used: number }

/**
 * The SELECT of quotas and their use of several accounts in one region, for a statement that reads more facts. Counting stops
 * one past the quota, so a huge account costs no more than its quota.
 */
export function selectQuotaUse(accountIds: string[], regionId: string): Prisma.Sql {
  return Prisma.sql`
    SELECT a.id AS "accountId", ${regionId} AS "regionId", q.quota, (o.used + r.used)::int AS used
    FROM unnest(${accountIds}::text[]) AS a(id)
    CROSS JOIN LATERAL (SELECT coalesce((SELECT images FROM "Quota" WHERE "accountId" = a.id AND "regionId" = ${regionId}),
      ${imageQuotaDefault})::int AS quota) q
    CROSS JOIN LATERAL (SELECT count(*) AS used FROM (SELECT 1 FROM "Image"
      WHERE "ownerId" = a.id AND "regionId" = ${regionId} AND state <> 'failed' LIMIT q.quota + 1) own) o
    CROSS JOIN LATERAL (SELECT count(*) AS used FROM (SELECT 1 FROM "Share"
      WHERE "recipientId" = a.id AND "regionId" = ${regionId} LIMIT q.quota + 1) received) r`
}

/** Quotas and their use by account. Under the accounts' locks this is the fact that a rule decides on. */
export async function quotaUse(
  tx: Transaction,
  accountIds: string[],
  regionId: string,
): Promise<Map<string, QuotaUse>> {
  const rows = await tx.$queryRaw<QuotaUse[]>(selectQuotaUse(accountIds, regionId))
  return new Map(rows.map((row) => [row.accountId, row]))
}

/** What images take of the bytes: what is kept of each, or what its transfer has promised to bring. */
const bytesOfImages = Prisma.sql`coalesce(sum(CASE WHEN i.state IN ('importing', 'copying')
    THEN (SELECT "promisedBytes" FROM "Transfer" WHERE "imageId" = i.id) ELSE i.size END), 0)::float8`

/** A master account's bytes quota in a region and what is used of it, leaving out one image: that for which more is asked. */
export async function bytesUse(
  tx: Transaction,
  { ownerId, regionId, except = null }: { ownerId: string; regionId: string; except?: string | null },
): Promise<{ used: number; quota: number }> {
  const [row] = await tx.$queryRaw<{ used: number; quota: number }[]>`
    SELECT coalesce((SELECT bytes FROM "Quota" WHERE "accountId" = ${ownerId} AND "regionId" = ${regionId}),
        ${bytesQuotaDefault})::float8 AS quota,
      (SELECT ${bytesOfImages} FROM "Image" i
        WHERE i."ownerId" = ${ownerId} AND i."regionId" = ${regionId} AND i.state <> 'failed'
          AND i.id IS DISTINCT FROM ${except}::text) AS used`
  return row ?? { used: 0, quota: bytesQuotaDefault }
}

/**
 * The SELECT of the quotas of a master account in every region or in one: for a read that needs more besides. Counts exactly,
 * also over the quota. What is counted comes from an index alone.
 */
export function selectQuotas(owner: OwnerId, region: string | null): Prisma.Sql {
  return Prisma.sql`
    SELECT ${plannedEachTime} r.id AS "regionId", r.name AS "regionName",
      coalesce(q.images, ${imageQuotaDefault})::int AS quota, coalesce(q.bytes, ${bytesQuotaDefault})::float8 AS "bytesQuota",
      (own.count + (SELECT count(*) FROM "Share" WHERE "recipientId" = ${owner} AND "regionId" = r.id))::int AS used,
      own.bytes AS "bytesUsed"
    FROM "Region" r LEFT JOIN "Quota" q ON q."regionId" = r.id AND q."accountId" = ${owner}
    CROSS JOIN LATERAL (SELECT count(*) AS count, ${bytesOfImages} AS bytes FROM "Image" i
      WHERE i."ownerId" = ${owner} AND i."regionId" = r.id AND i.state <> 'failed') own
    WHERE ${region}::text IS NULL OR r.id = ${region} ORDER BY r.id`
}

/** The quotas of a master account in every region, by region id. */
export async function listQuotas(owner: OwnerId): Promise<RegionQuota[]> {
  return await db().$queryRaw<RegionQuota[]>(selectQuotas(owner, null))
}

/** The meters of a row of `selectQuotas`; a region that there is not has the defaults. */
export function metersOf(row: Partial<QuotaMeters> | undefined): QuotaMeters {
  const { used, quota, bytesUsed, bytesQuota } = row ?? {}
  return {
    used: used ?? 0,
    quota: quota ?? imageQuotaDefault,
    bytesUsed: bytesUsed ?? 0,
    bytesQuota: bytesQuota ?? bytesQuotaDefault,
  }
}
