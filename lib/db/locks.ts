import 'server-only'
import { Prisma } from './generated/client'
import type { AccountKind, BlobState, ImageSource, ImageState, TransferKind, TransferStep } from './generated/enums'
import type { Transaction } from './transaction'

// The one lock order of the product: accounts by id, then images by id, each with its transfer, then blobs by id. Every write
// that changes a fact which some rule reads takes its locks here, first, and reads the facts after. FOR NO KEY UPDATE, because FOR UPDATE would fight the
// foreign keys of rows being inserted elsewhere.

export type LockedAccount = {
  id: string
  username: string
  kind: AccountKind
  masterId: string | null
  disabledAt: Date | null
}

export type LockedImage = {
  id: string
  ownerId: string
  regionId: string
  name: string
  state: ImageState
  source: ImageSource
  blobId: string | null
  copyOfId: string | null
}

export type LockedTransfer = { kind: TransferKind; step: TransferStep; leaseHolder: string | null; isOver: boolean }

export type LockedBlob = { id: string; regionId: string; sha256: string; state: BlobState }

/** Locks accounts, in the order of their ids, and returns them as they are under the lock. Unknown ids are absent. */
export async function lockAccounts(tx: Transaction, ids: string[]): Promise<Map<string, LockedAccount>> {
  const rows = await tx.$queryRaw<LockedAccount[]>`
    SELECT id, username, kind::text AS kind, "masterId", "disabledAt"
    FROM "Account" WHERE id = ANY(${ids}) ORDER BY id FOR NO KEY UPDATE`
  return new Map(rows.map((row) => [row.id, row]))
}

/** Locks one image, after the accounts, and returns it as it is under the lock. */
export async function lockImage(tx: Transaction, id: string): Promise<LockedImage | null> {
  return (await lockImagesWhere(tx, [id], null)).get(id) ?? null
}

/** Locks images in the order of their ids, after the accounts, and returns them as they are under the lock. Unknown ids are absent. */
export async function lockImages(tx: Transaction, ids: string[]): Promise<Map<string, LockedImage>> {
  return await lockImagesWhere(tx, ids, null)
}

/** Locks those of the images that are an owner's. Another's is absent, and not locked: an image never changes hands. */
export async function lockOwnImages(
  tx: Transaction,
  ownerId: string,
  ids: string[],
): Promise<Map<string, LockedImage>> {
  return await lockImagesWhere(tx, ids, ownerId)
}

async function lockImagesWhere(tx: Transaction, ids: string[], ownerId: string | null) {
  const rows = await tx.$queryRaw<LockedImage[]>`
    SELECT id, "ownerId", "regionId", name, state::text AS state, source::text AS source, "blobId", "copyOfId"
    FROM "Image" WHERE id = ANY(${ids}) AND (${ownerId}::text IS NULL OR "ownerId" = ${ownerId}) ORDER BY id FOR NO KEY UPDATE`
  return new Map(rows.map((row) => [row.id, row]))
}

/** Whether the lease of a transfer has ended, by the clock of the database. */
export const isLeaseOver = Prisma.sql`"renewedAt" + "patienceMs" * interval '1 millisecond' < clock_timestamp()`

/** Locks the transfer of an image, after the image. Null once it has ended. */
export async function lockTransfer(tx: Transaction, imageId: string): Promise<LockedTransfer | null> {
  const rows = await tx.$queryRaw<LockedTransfer[]>`
    SELECT kind::text AS kind, step::text AS step, "leaseHolder", ${isLeaseOver} AS "isOver"
    FROM "Transfer" WHERE "imageId" = ${imageId} FOR NO KEY UPDATE`
  return rows[0] ?? null
}

/** The lock of all space, as an advisory lock has numbers only. */
const spaceLock = 7_300_401

/** Locks the room of all places until the end of the transaction. The last lock of whoever takes it, so nobody waits in a circle. */
export async function lockSpace(tx: Transaction): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(${spaceLock})::text`
}

/** Locks one blob and every blob of a content in a region, after the images, and returns them as they are under the lock. */
export async function lockBlobs(
  tx: Transaction,
  which: { id: string | null; regionId: string; sha256: string | null },
): Promise<LockedBlob[]> {
  return await tx.$queryRaw<LockedBlob[]>`
    SELECT id, "regionId", sha256, state::text AS state FROM "Blob"
    WHERE id = ${which.id} OR ("regionId" = ${which.regionId} AND sha256 = ${which.sha256})
    ORDER BY id FOR NO KEY UPDATE`
}
