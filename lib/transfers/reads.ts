import 'server-only'
import { db } from '@/lib/db/client'
import { isLeaseOver } from '@/lib/db/locks'
import { isFailed } from '@/lib/images/rules'
import { imageFailure } from '@/lib/images/schema'

const fields = {
  id: true,
  regionId: true,
  originSha256: true,
  claimedSha256: true,
  copyOfId: true,
  blob: { select: { id: true, sha256: true, size: true, format: true, virtualSize: true, state: true } },
  owner: { select: { id: true, username: true } },
  transfer: { select: { kind: true } },
} as const

export async function findTransfer(imageId: string) {
  const image = await db().image.findUnique({ where: { id: imageId }, select: fields })
  return image?.transfer ? { ...image, kind: image.transfer.kind } : null
}

export type Transfer = NonNullable<Awaited<ReturnType<typeof findTransfer>>>

type Dead = { id: string; ownerId: string; ownerName: string }

export async function findDeadTransfers() {
  const dead = await db().$queryRaw<Dead[]>`
    SELECT i.id, a.id AS "ownerId", a.username AS "ownerName" FROM "Transfer" t
    JOIN "Image" i ON i.id = t."imageId" JOIN "Account" a ON a.id = i."ownerId" WHERE ${isLeaseOver} LIMIT 1000`
  return dead.map(({ id, ownerId, ownerName }) => ({ id, owner: { id: ownerId, username: ownerName } }))
}

/** How a transfer has ended, and the bytes that it stored; null while it runs. */
export async function findEnd(imageId: string): Promise<{ outcome: string; bytes: number } | null> {
  const select = { state: true, size: true, failure: true, transfer: { select: { kind: true } } } as const
  const image = await db().image.findUnique({ where: { id: imageId }, select })
  if (!image) return { outcome: 'cancelled', bytes: 0 }
  if (image.transfer) return null
  if (isFailed(image.state)) return { outcome: imageFailure.safeParse(image.failure).data?.code ?? 'failed', bytes: 0 }
  return { outcome: 'available', bytes: Number(image.size) }
}
