import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { plannedEachTime } from '@/lib/db/statement-names'
import type { Region, RegionContents } from './schema'

/** All regions, by id. They are the same for every account. */
export async function listRegions(): Promise<Region[]> {
  return await db().region.findMany({ select: { id: true, name: true, nameZh: true }, orderBy: { id: 'asc' } })
}

/** What the viewer's master account finds on the two tabs of each region, by region id. The recycle bin does not count. */
export async function listRegionContents(ctx: Context): Promise<RegionContents[]> {
  return await db().$queryRaw<RegionContents[]>`
    SELECT ${plannedEachTime} r.id AS region,
      (SELECT count(*) FROM "Image" WHERE "ownerId" = ${ctx.viewer.ownerId} AND "regionId" = r.id
        AND state <> 'deleted')::int AS images,
      s.shares::int AS shares, s.new::int AS "newShares"
    FROM "Region" r
    CROSS JOIN LATERAL (SELECT count(*) AS shares, count(*) FILTER (WHERE "seenAt" IS NULL) AS new FROM "Share"
      WHERE "recipientId" = ${ctx.viewer.ownerId} AND "regionId" = r.id) s
    ORDER BY r.id`
}
