import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import type { SelectedImage } from './schema'

/** Own images of a region by their ids, sorted by name. Others, and those in the recycle bin, are omitted. */
export async function findOwnImages(
  { viewer: { ownerId } }: Context,
  { region, imageIds }: { region: string; imageIds: string[] },
): Promise<SelectedImage[]> {
  return await db().$queryRaw<SelectedImage[]>`
    SELECT i.id, i.name, i.state::text AS state, (SELECT count(*) FROM "LiveShare" s WHERE s."imageId" = i.id)::int AS recipients,
      c.state::text AS verdict, greatest(0, coalesce(c.critical + c.high + c.medium + c.low, 0) -
        (SELECT count(*) FROM "IgnoredFinding" g WHERE g."ownerId" = i."ownerId" AND g.sha256 = i.sha256))::int AS findings
    FROM "Image" i LEFT JOIN "Check" c ON c.sha256 = i.sha256
    WHERE i.id = ANY(${imageIds}::text[]) AND i."ownerId" = ${ownerId} AND i."regionId" = ${region} AND i.state <> 'deleted'
    ORDER BY i.name, i.id`
}
