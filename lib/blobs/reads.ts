import 'server-only'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { holderKinds, waitingKinds } from './rules'

export type BlobRow = { id: string; regionId: string; sha256: string; size: bigint; state: string; format: string }

const fields = { id: true, regionId: true, sha256: true, size: true, state: true, format: true } as const

export function selectHolders(blobId: Prisma.Sql): Prisma.Sql {
  const kinds = holderKinds.map(({ table, kind, waits }) => {
    const held = waits === undefined ? Prisma.empty : Prisma.raw(`AND NOT (${waits})`)
    return Prisma.sql`SELECT ${Prisma.raw(kind)} AS kind, id FROM ${Prisma.raw(`"${table}"`)} WHERE "blobId" = ${blobId} ${held}`
  })
  return Prisma.join(kinds, ' UNION ALL ')
}

/** A SELECT of the owners of rows that wait for the bytes of a blob to be removed. */
export function selectWaiting(blobId: string): Prisma.Sql {
  const owners = waitingKinds.map(
    ({ table, waits }) =>
      Prisma.sql`SELECT "ownerId" FROM ${Prisma.raw(`"${table}"`)} WHERE "blobId" = ${blobId} AND ${Prisma.raw(waits)}`,
  )
  return Prisma.join(owners, ' UNION ')
}

export async function findBlob(blobId: string): Promise<BlobRow | null> {
  return await db().blob.findUnique({ where: { id: blobId }, select: fields })
}

/**
 * Whether anything needs the bytes of a blob, now or soon. Once false it stays false: a new import creates another
 * blob.
 */
export async function isBlobWanted(blobId: string): Promise<boolean> {
  return (await db().blob.count({ where: { id: blobId, NOT: { state: 'removing' } } })) === 1
}

export async function findLeftBlobs(before: Date): Promise<string[]> {
  const blobs = await db().blob.findMany({
    where: { state: 'removing', updatedAt: { lt: before } },
    select: { id: true },
    take: 1_000,
  })
  return blobs.map((blob) => blob.id)
}
