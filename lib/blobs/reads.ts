import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { blobKey } from './rules'
import type { StoredContent } from './schema'

export type BlobRow = { id: string; regionId: string; sha256: string; size: bigint; state: string; format: string }

const fields = { id: true, regionId: true, sha256: true, size: true, state: true, format: true } as const

/**
 * Every kind of row that holds bytes, as a SELECT of those that hold a blob: images, in use, in the recycle bin or on their way.
 * Another kind is one more line here, and is then counted wherever holders are. An image that is `deleting` waits for the bytes to
 * go, so it holds them no longer.
 */
const holderKinds = [
  (blobId: Prisma.Sql) => Prisma.sql`
    SELECT CASE state WHEN 'deleted' THEN 'recycle bin' WHEN 'importing' THEN 'transfer' WHEN 'copying' THEN 'transfer' ELSE 'image' END
      AS kind, id FROM "Image" WHERE "blobId" = ${blobId} AND state <> 'deleting'`,
  (blobId: Prisma.Sql) => Prisma.sql`SELECT 'instance', id FROM "Instance" WHERE "blobId" = ${blobId}`,
  (blobId: Prisma.Sql) => Prisma.sql`SELECT 'snapshot', id FROM "Snapshot" WHERE "blobId" = ${blobId}`,
]

/** Who holds a blob, whatever kind of holder that is: a SELECT of kind and id. */
export function selectHolders(blobId: Prisma.Sql): Prisma.Sql {
  return Prisma.join(
    holderKinds.map((holders) => holders(blobId)),
    ' UNION ALL ',
  )
}

/** A blob by its id; null when its bytes are gone. */
export async function findBlob(blobId: string): Promise<BlobRow | null> {
  return await db().blob.findUnique({ where: { id: blobId }, select: fields })
}

/** Whether anybody needs the bytes of a blob, now or soon. Once nobody does it stays so: a new import makes a blob of its own. */
export async function isBlobWanted(blobId: string): Promise<boolean> {
  return (await db().blob.count({ where: { id: blobId, NOT: { state: 'removing' } } })) === 1
}

/** Blobs whose bytes should have been removed by now. */
export async function findLeftBlobs(before: Date): Promise<string[]> {
  const blobs = await db().blob.findMany({
    where: { state: 'removing', updatedAt: { lt: before } },
    select: { id: true },
    take: 1_000,
  })
  return blobs.map((blob) => blob.id)
}

/** The stored disk of an own image, for its owner to download. A shared one is not (rule 5), nor one in the recycle bin. */
export async function getImageContent(
  ctx: Context,
  params: { region: string; imageId: string },
): Promise<StoredContent | null> {
  const image = await db().image.findFirst({
    where: { id: params.imageId, ownerId: ctx.viewer.ownerId, regionId: params.region, state: 'available' },
    select: { name: true, blob: { select: { id: true, sha256: true, size: true, format: true } } },
  })
  if (!image?.blob) return null
  const { sha256, size, format } = image.blob
  const fileName = `${image.name}.${format}`
  return { region: params.region, key: blobKey(image.blob), sha256, size: Number(size), fileName }
}
