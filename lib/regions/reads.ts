import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { plannedEachTime } from '@/lib/db/statement-names'
import { may } from '@/lib/permissions'
import type { Region, RegionContents } from './schema'

/** All regions, by id. They are the same for every account. */
export async function listRegions(): Promise<Region[]> {
  return await db().region.findMany({ select: { id: true, name: true, nameZh: true }, orderBy: { id: 'asc' } })
}

/** The content of the master account by region id, without deleted rows and what the viewer may not see. */
export async function listRegionContents(ctx: Context): Promise<RegionContents[]> {
  const rows = await db().$queryRaw<RegionContents[]>`
    SELECT ${plannedEachTime} r.id AS region,
      (SELECT count(*) FROM "Image" WHERE "ownerId" = ${ctx.viewer.ownerId} AND "regionId" = r.id
        AND state <> 'deleted')::int AS images,
      (SELECT count(*) FROM "Instance" WHERE "ownerId" = ${ctx.viewer.ownerId} AND "regionId" = r.id
        AND state <> 'terminated')::int AS instances,
      s.shares::int AS shares, s.new::int AS "newShares"
    FROM "Region" r
    CROSS JOIN LATERAL (SELECT count(*) AS shares, count(*) FILTER (WHERE "seenAt" IS NULL) AS new FROM "LiveShare"
      WHERE "recipientId" = ${ctx.viewer.ownerId} AND "regionId" = r.id) s
    ORDER BY r.id`
  const counts = (row: RegionContents) => {
    const [seesImages, seesInstances] = [
      may(ctx.viewer, 'images.read', row.region),
      may(ctx.viewer, 'instances.read', row.region),
    ]
    const { images, shares, newShares } = seesImages ? row : { images: 0, shares: 0, newShares: 0 }
    return { region: row.region, images, shares, newShares, instances: seesInstances ? row.instances : 0 }
  }
  return rows.map(counts)
}
