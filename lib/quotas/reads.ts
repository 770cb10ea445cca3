import 'server-only'
import type { OwnerId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import type { Transaction } from '@/lib/db/transaction'
import { bytesQuotaDefault, imageQuotaDefault } from './rules'
import type { QuotaMeters, RegionQuota } from './schema'

/** A master account's image quota in a region and what is used of it: own images but failed ones, and shares received. */
export type QuotaUse = { accountId: string; regionId: string; quota: number; used: number }

/**
 * Quotas and their use of several accounts in one region. Under the accounts' locks this is the fact that a rule decides
 * on. Counting stops one past the quota, so a huge account costs no more than its quota.
 */
export async function quotaUse(
  tx: Transaction,
  accountIds: string[],
  regionId: string,
): Promise<Map<string, QuotaUse>> {
  const rows = await tx.$queryRaw<QuotaUse[]>`
    SELECT a.id AS "accountId", ${regionId} AS "regionId", q.quota, (o.used + r.used)::int AS used
    FROM unnest(${accountIds}::text[]) AS a(id)
    CROSS JOIN LATERAL (SELECT coalesce((SELECT images FROM "Quota" WHERE "accountId" = a.id AND "regionId" = ${regionId}),
      ${imageQuotaDefault})::int AS quota) q
    CROSS JOIN LATERAL (SELECT count(*) AS used FROM (SELECT 1 FROM "Image"
      WHERE "ownerId" = a.id AND "regionId" = ${regionId} AND state <> 'failed' LIMIT q.quota + 1) own) o
    CROSS JOIN LATERAL (SELECT count(*) AS used FROM (SELECT 1 FROM "Share"
      WHERE "recipientId" = a.id AND "regionId" = ${regionId} LIMIT q.quota + 1) received) r`
  return new Map(rows.map((row) => [row.accountId, row]))
}

/** What an image takes of the bytes: what is kept of it, or what its transfer has promised to bring. */
const bytesOfImages = Prisma.sql`coalesce(sum(CASE WHEN t."imageId" IS NULL THEN i.size ELSE t."promisedBytes" END), 0)::float8`

/** A master account's bytes quota in a region and what is used of it, leaving out one image: that for which more is asked. */
export async function bytesUse(
  tx: Transaction,
  { ownerId, regionId, except = null }: { ownerId: string; regionId: string; except?: string | null },
): Promise<{ used: number; quota: number }> {
  const [row] = await tx.$queryRaw<{ used: number; quota: number }[]>`
    SELECT coalesce((SELECT bytes FROM "Quota" WHERE "accountId" = ${ownerId} AND "regionId" = ${regionId}),
        ${bytesQuotaDefault})::float8 AS quota,
      (SELECT ${bytesOfImages} FROM "Image" i LEFT JOIN "Transfer" t ON t."imageId" = i.id
        WHERE i."ownerId" = ${ownerId} AND i."regionId" = ${regionId} AND i.state <> 'failed'
          AND i.id IS DISTINCT FROM ${except}::text) AS used`
  return row ?? { used: 0, quota: bytesQuotaDefault }
}

/** The quotas of a master account in every region or in one, by region id. Counts exactly, also over the quota. */
export async function listQuotas(owner: OwnerId, region: string | null = null): Promise<RegionQuota[]> {
  return await db().$queryRaw<RegionQuota[]>`
    SELECT r.id AS "regionId", r.name AS "regionName",
      coalesce(q.images, ${imageQuotaDefault})::int AS quota, coalesce(q.bytes, ${bytesQuotaDefault})::float8 AS "bytesQuota",
      ((SELECT count(*) FROM "Image" WHERE "ownerId" = ${owner} AND "regionId" = r.id AND state <> 'failed')
        + (SELECT count(*) FROM "Share" WHERE "recipientId" = ${owner} AND "regionId" = r.id))::int AS used,
      (SELECT ${bytesOfImages} FROM "Image" i LEFT JOIN "Transfer" t ON t."imageId" = i.id
        WHERE i."ownerId" = ${owner} AND i."regionId" = r.id AND i.state <> 'failed') AS "bytesUsed"
    FROM "Region" r LEFT JOIN "Quota" q ON q."regionId" = r.id AND q."accountId" = ${owner}
    WHERE ${region}::text IS NULL OR r.id = ${region} ORDER BY r.id`
}

/** The quotas of a master account in one region, counted exactly: they may be over, when the operator lowered them. */
export async function getQuota(owner: OwnerId, region: string): Promise<QuotaMeters> {
  const [here] = await listQuotas(owner, region)
  const { used = 0, quota = imageQuotaDefault, bytesUsed = 0, bytesQuota = bytesQuotaDefault } = here ?? {}
  return { used, quota, bytesUsed, bytesQuota }
}
