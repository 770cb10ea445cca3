import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { likePattern } from '@/lib/db/page'
import { plannedEachTime } from '@/lib/db/statement-names'
import { readDeprecation } from '@/lib/images/reads-deprecation'
import { isAvailable } from '@/lib/images/rules'
import { may } from '@/lib/permissions'
import { findUsableImage } from './reads'
import { imagesOffered, leastInstanceDiskGib } from './rules'
import type { AskedImage, InstanceImage } from './schema'

/**
 * Images of a region from which the viewer can create instances, own and shared, without retired ones, matched by name, id or sharer:
 * the first `imagesOffered` by name.
 */
export async function listInstanceImages(
  ctx: Context,
  { region, q }: { region: string; q: string },
): Promise<InstanceImage[]> {
  const { ownerId } = ctx.viewer
  const search = q
    ? Prisma.sql`WHERE name ILIKE ${likePattern(q)} OR id = ${q.toLowerCase()} OR owner = ${q.toLowerCase()}`
    : Prisma.empty
  const columns = Prisma.sql`m.id, m.name, m."operatingSystem", m."virtualSize"::float8 AS "virtualSize", m."minDiskGib", m."minMemoryMib", m."deprecatedAt" IS NOT NULL AS "isDeprecated"`
  const isReady = Prisma.sql`m.state = 'available' AND m."blobId" IS NOT NULL
    AND (m."retiresAt" IS NULL OR m."retiresAt" > ${ctx.now}::timestamptz)`
  const rows = await db().$queryRaw<(Omit<InstanceImage, 'minDiskGib'> & { minDiskGib: number | null })[]>`
    SELECT ${plannedEachTime} * FROM (
      SELECT ${columns}, ${ctx.viewer.ownerUsername} AS owner, false AS "isShared" FROM "Image" m
        WHERE m."ownerId" = ${ownerId} AND m."regionId" = ${region} AND ${isReady}
      UNION ALL
      SELECT ${columns}, a.username AS owner, true AS "isShared"
        FROM (SELECT "imageId", "ownerId" FROM "HeldShare" WHERE "recipientId" = ${ownerId} AND "regionId" = ${region} OFFSET 0) s
        JOIN "Image" m ON m.id = s."imageId" JOIN "Account" a ON a.id = s."ownerId" WHERE ${isReady}
    ) images ${search} ORDER BY name, id LIMIT ${imagesOffered}`
  return rows.map((row) => ({ ...row, minDiskGib: leastInstanceDiskGib(row) }))
}

/** Null if it is neither the viewer's nor shared with it, or if the viewer may not see images. */
export async function findAskedImage(
  ctx: Context,
  { region, imageId }: { region: string; imageId: string },
): Promise<AskedImage | null> {
  const usable = await findUsableImage(db(), ctx, imageId)
  if (!usable) return null
  const { name, state, regionId, blobId } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  if (!may(ctx.viewer, 'images.read', regionId)) return null
  const isShared = usable.owner.id !== ctx.viewer.ownerId
  if (regionId !== region) return isShared ? null : { view: 'elsewhere', id: imageId, name, imageRegion: regionId }
  if (!isAvailable(state) || blobId === null) return { view: 'unavailable', id: imageId, name, state }
  const { operatingSystem, virtualSize, minDiskGib, minMemoryMib } = usable
  const needs = { operatingSystem, virtualSize, minDiskGib, minMemoryMib }
  const deprecation = await readDeprecation(ctx, usable.deprecation)
  const isDeprecated = deprecation !== null
  return {
    view: 'usable',
    id: imageId,
    name,
    owner: usable.owner.username,
    isShared,
    ...needs,
    isDeprecated,
    deprecation,
  }
}
