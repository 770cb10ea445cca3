import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { plannedEachTime } from '@/lib/db/statement-names'
import type { Region, RegionContents } from './schema'

/** All regions, by id. They are the same for every account. */
export async function listRegions(): Promise<Region[]> {
  return await db().region.findMany({ select: { id: true, name: true, nameZh: true }, orderBy: { id: 'asc' } })
}

/**
 * The content of the viewer's master account in each region, by region id. The recycle bin and terminated instances do
 * not count.
 */
export async function listRegionContents(ctx: Context): Promise<RegionContents[]> {
  return await db().$queryRaw<RegionContents[]>`
    SELECT ${plannedEachTime} r.id AS region,
      (SELECT count(*) FROM "Image" WHERE "ownerId" = ${ctx.viewer.ownerId} AND "regionId" = r.id
        AND state <> 'deleted')::int AS images,
      (SELECT count(*) FROM "Instance" WHERE "ownerId" = ${ctx.viewer.ownerId} AND "regionId" = r.id
        AND state <> 'terminated')::int AS instances,
      s.shares::int AS shares, s.new::int AS "newShares"
    FROM "Region" r
    CROSS JOIN LATERAL (SELECT count(*) AS shares, count(*) FILTER (WHERE "seenAt" IS NULL) AS new FROM "Share"
      WHERE "recipientId" = ${ctx.viewer.ownerId} AND "regionId" = r.id) s
    ORDER BY r.id`
}
