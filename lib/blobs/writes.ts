import 'server-only'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { type LockedImage, lockAccounts, lockBlobs } from '@/lib/db/locks'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import type { DiskLayout } from '@/lib/disks/layout'
import { env } from '@/lib/env'
import { newId } from '@/lib/ids'
import { addJob } from '@/lib/jobs/queue'
import { ok } from '@/lib/result'
import { selectHolders, selectWaiting } from './reads'
import { blobKey, type DiskContent, waitingKinds } from './rules'

// Content is stored once in a region and counted by the rows that refer to it. Imports, copies and deletes call these functions in
// their own transactions, under the locks of the owner and the image; the blobs are locked here, last.

export type Place = { blobId: string; key: string; isThere: boolean }

/** Attaches an image to the region's blob with this content, or to a new one. Idempotent, so a restarted worker can repeat it. */
export async function attachBlob(tx: Transaction, image: LockedImage, content: DiskContent, now: Date): Promise<Place> {
  const place = await chooseBlob(tx, image, content, now)
  await tx.image.update({ where: { id: image.id }, data: { blobId: place.blobId } })
  if (image.blobId !== null && image.blobId !== place.blobId) await removeIfUnheld(tx, image.blobId, now)
  return place
}

/**
 * Chooses the blob for a content in a region: the existing one, otherwise the one with `blobId`, otherwise a new one that is still to
 * be written. The caller's row must refer to it in the same transaction.
 */
export async function chooseBlob(
  tx: Transaction,
  { regionId, blobId }: { regionId: string; blobId: string | null },
  content: DiskContent,
  now: Date,
): Promise<Place> {
  const blobs = await lockBlobs(tx, { id: blobId, regionId, sha256: content.sha256 })
  const same = blobs.filter((blob) => blob.sha256 === content.sha256)
  const chosen = same.find((blob) => blob.state === 'ready') ?? same.find((blob) => blob.id === blobId)
  const id = chosen?.id ?? newId('blb')
  if (!chosen) {
    const fields = { id, regionId, ...content, createdAt: now, updatedAt: now }
    await tx.blob.create({ data: { ...fields, state: 'writing' } })
  }
  return { blobId: id, key: blobKey({ id, sha256: content.sha256 }), isThere: chosen?.state === 'ready' }
}

/** Stores the layout of a disk with its blob, for all rows that hold it. */
export async function noteLayout(blobId: string, layout: DiskLayout): Promise<void> {
  await db().blob.updateMany({ where: { id: blobId }, data: { layout } })
}

export type Brought = DiskContent & { layout?: DiskLayout | null }

/** Commits the bytes of an image. If another import of the same content was faster, the image takes its blob instead. */
export async function commitBlob(
  tx: Transaction,
  image: LockedImage,
  brought: Brought,
  now: Date,
): Promise<DiskContent> {
  const { layout, ...content } = brought
  const { blobId, isThere } = await attachBlob(tx, image, content, now)
  const data = { state: 'ready' as const, updatedAt: now, ...(layout ? { layout } : {}) }
  if (!isThere) await tx.blob.update({ where: { id: blobId }, data })
  return content
}

/**
 * Queues a check of an image's new bytes, if ECS_DISK_CHECK is `auto`; with `isAsked` also if it is `on-demand`, and for deleted data
 * too. Until the verdict the check is shown as running; bytes with a verdict keep it.
 */
export async function checkLater(tx: Transaction, sha256: string, now: Date, { isAsked = false } = {}): Promise<void> {
  const { ECS_DISK_CHECK } = env()
  if (ECS_DISK_CHECK === 'off' || (ECS_DISK_CHECK === 'on-demand' && !isAsked)) return
  await tx.$executeRaw`
    INSERT INTO "Check" (sha256, state, "isQueued", "isDeepNext", "createdAt")
    VALUES (${sha256}, 'running', true, ${isAsked}, ${now}::timestamptz)
    ON CONFLICT (sha256) DO NOTHING`
  await addJob(tx, 'check-disk', { sha256 })
}

/** Detaches an image from its bytes, and removes them if nothing else holds them. */
export async function releaseBlob(tx: Transaction, image: LockedImage, now: Date): Promise<void> {
  if (image.blobId === null) return
  await lockBlobs(tx, { id: image.blobId, regionId: image.regionId, sha256: null })
  await tx.image.update({ where: { id: image.id }, data: { blobId: null } })
  await removeIfUnheld(tx, image.blobId, now)
}

/** Removes bytes that a row has just released, unless another row holds them. */
export async function releaseBytes(
  tx: Transaction,
  { blobId, regionId }: { blobId: string; regionId: string },
  now: Date,
): Promise<void> {
  await lockBlobs(tx, { id: blobId, regionId, sha256: null })
  await removeIfUnheld(tx, blobId, now)
}

/** Whether an image is the last holder of its bytes, so that they are removed with it. */
export async function isLastHolder(tx: Transaction, image: LockedImage): Promise<boolean> {
  if (image.blobId === null) return false
  await lockBlobs(tx, { id: image.blobId, regionId: image.regionId, sha256: null })
  return (await holders(tx, image.blobId)).every((id) => id === image.id)
}

/** Marks bytes for removal; the job that removes them also deletes the image. */
export async function removeLater(tx: Transaction, blobId: string, now: Date): Promise<void> {
  await tx.blob.update({ where: { id: blobId }, data: { state: 'removing', updatedAt: now } })
  await addJob(tx, 'remove-blob', { blobId })
}

async function removeIfUnheld(tx: Transaction, blobId: string, now: Date): Promise<void> {
  if ((await holders(tx, blobId)).length === 0) await removeLater(tx, blobId, now)
}

async function holders(tx: Transaction, blobId: string): Promise<string[]> {
  const rows = await tx.$queryRaw<
    { id: string }[]
  >`SELECT id FROM (${selectHolders(Prisma.sql`${blobId}`)}) held LIMIT 2`
  return rows.map(({ id }) => id)
}

/** Deletes a blob in removal once its bytes are gone, and the rows that waited for it. */
export async function forgetBlob(blobId: string): Promise<void> {
  const waiting = await db().$queryRaw<{ ownerId: string }[]>(selectWaiting(blobId))
  await inTransaction(async (tx) => {
    const owners = [...new Set(waiting.map(({ ownerId }) => ownerId))]
    await lockAccounts(tx, owners)
    for (const { table, waits } of waitingKinds)
      await tx.$executeRaw`
        WITH locked AS MATERIALIZED (
          SELECT id FROM ${Prisma.raw(`"${table}"`)} WHERE "blobId" = ${blobId} AND ${Prisma.raw(waits)} AND "ownerId" = ANY(${owners})
          ORDER BY id FOR UPDATE
        ) DELETE FROM ${Prisma.raw(`"${table}"`)} WHERE id IN (SELECT id FROM locked)`
    // The findings in the bytes are deleted with the last blob of this content.
    await tx.$executeRaw`
      WITH gone AS (DELETE FROM "Blob" WHERE id = ${blobId} AND state = 'removing' RETURNING sha256)
      DELETE FROM "Check" c USING gone WHERE c.sha256 = gone.sha256
        AND NOT EXISTS (SELECT FROM "Blob" b WHERE b.sha256 = c.sha256 AND b.id <> ${blobId})`
    return ok(null)
  })
}
