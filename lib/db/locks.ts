import 'server-only'
import type { AccountKind, BlobState, ImageSource, ImageState, ImportStep } from './generated/enums'
import type { Transaction } from './transaction'

// The one lock order of the product: accounts by id, then images by id, then blobs by id. Every write that changes a fact which some rule
// reads takes its locks here, first, and reads the facts after. FOR NO KEY UPDATE, because FOR UPDATE would fight the
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
  step: ImportStep | null
  leaseHolder: string | null
  leaseUntil: Date | null
  blobId: string | null
  copyOfId: string | null
}

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
  const rows = await tx.$queryRaw<LockedImage[]>`
    SELECT id, "ownerId", "regionId", name, state::text AS state, source::text AS source, step::text AS step,
      "leaseHolder", "leaseUntil", "blobId", "copyOfId"
    FROM "Image" WHERE id = ${id} FOR NO KEY UPDATE`
  return rows[0] ?? null
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
