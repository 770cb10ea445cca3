import 'server-only'
import { Prisma } from './generated/client'
import type {
  AccountKind,
  BlobState,
  BootMode,
  ImageSource,
  ImageState,
  InstanceState,
  InstanceTask,
  TransferKind,
  TransferStep,
} from './generated/enums'
import type { Transaction } from './transaction'

// The product's one lock order: accounts by id; images by id, each with its transfer; instances by id; the host; blobs by id; the
// check of a content; and last, through the trigger of events, the chains of the audit trail. An operation that records events of
// several tenants has locked their accounts. A write that changes a fact which a rule reads takes its locks here first, and reads
// the facts afterwards. FOR NO KEY UPDATE, because FOR UPDATE conflicts with the foreign keys of rows inserted elsewhere.

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
  sha256: string | null
  copyOfId: string | null
  isProtected: boolean
}

export type LockedTransfer = { kind: TransferKind; step: TransferStep; leaseHolder: string | null; isOver: boolean }

export type LockedBlob = { id: string; regionId: string; sha256: string; state: BlobState }

/** Locks accounts in the order of their ids. Unknown ids are absent. */
export async function lockAccounts(tx: Transaction, ids: string[]): Promise<Map<string, LockedAccount>> {
  const rows = await tx.$queryRaw<LockedAccount[]>`
    SELECT id, username, kind::text AS kind, "masterId", "disabledAt"
    FROM "Account" WHERE id = ANY(${ids}) ORDER BY id FOR NO KEY UPDATE`
  return new Map(rows.map((row) => [row.id, row]))
}

export type LockedRows = { accounts: Map<string, LockedAccount>; images: Map<string, LockedImage> }

/** `ownerId` null: of any owner. Other owners' images are omitted without a lock: an image never changes its owner. */
export type WhichImages = { ids: string[]; ownerId: string | null }

/**
 * The LOCK step of an operation on images: accounts by id, then images by id, in one statement. The images wait for the
 * count of locked accounts, so the SQL fixes the order and no query plan can change it. Unknown ids are absent.
 */
export async function lockImages(
  tx: Transaction,
  accountIds: string[],
  { ids, ownerId }: WhichImages,
): Promise<LockedRows> {
  const rows = await tx.$queryRaw<((LockedAccount & { isImage: false }) | (LockedImage & { isImage: true }))[]>`
    WITH accounts AS MATERIALIZED (
      SELECT id, username, kind, "masterId", "disabledAt" FROM "Account" WHERE id = ANY(${accountIds}) ORDER BY id FOR NO KEY UPDATE
    ), images AS MATERIALIZED (
      SELECT id, "ownerId", "regionId", name, state, source, "blobId", sha256, "copyOfId", "isProtected" FROM "Image"
      WHERE (SELECT count(*) FROM accounts) >= 0 AND id = ANY(${ids}) AND (${ownerId}::text IS NULL OR "ownerId" = ${ownerId})
      ORDER BY id FOR NO KEY UPDATE
    )
    SELECT false AS "isImage", id, username, kind::text AS kind, "masterId", "disabledAt", NULL AS "ownerId", NULL AS "regionId",
      NULL AS name, NULL AS state, NULL AS source, NULL AS "blobId", NULL AS sha256, NULL AS "copyOfId", NULL::boolean AS "isProtected" FROM accounts
    UNION ALL
    SELECT true, id, NULL, NULL, NULL, NULL, "ownerId", "regionId", name, state::text, source::text, "blobId", sha256, "copyOfId", "isProtected" FROM images`
  const locked: LockedRows = { accounts: new Map(), images: new Map() }
  for (const row of rows) {
    if (row.isImage) locked.images.set(row.id, row)
    else locked.accounts.set(row.id, row)
  }
  return locked
}

/** Whether the lease of a transfer has ended, by the database's clock. */
export const isLeaseOver = Prisma.sql`"renewedAt" + "patienceMs" * interval '1 millisecond' < clock_timestamp()`

/** Locks the transfer of an image, after the image. Null once it has ended. */
export async function lockTransfer(tx: Transaction, imageId: string): Promise<LockedTransfer | null> {
  const rows = await tx.$queryRaw<LockedTransfer[]>`
    SELECT kind::text AS kind, step::text AS step, "leaseHolder", ${isLeaseOver} AS "isOver"
    FROM "Transfer" WHERE "imageId" = ${imageId} FOR NO KEY UPDATE`
  return rows[0] ?? null
}

export type LockedInstance = {
  id: string
  ownerId: string
  regionId: string
  name: string
  state: InstanceState
  task: InstanceTask | null
  revision: number
  imageId: string
  typeId: string
  bootMode: BootMode
  minMemoryMib: number | null
  diskBytes: bigint
  blobId: string | null
  hostId: string
  isProtected: boolean
}

/** Locks an instance, after accounts and images, and returns its current row. Null if there is none. */
export async function lockInstance(tx: Transaction, id: string): Promise<LockedInstance | null> {
  const rows = await tx.$queryRaw<LockedInstance[]>`
    SELECT id, "ownerId", "regionId", name, state::text AS state, task::text AS task, revision, "imageId", "typeId",
      "bootMode"::text AS "bootMode", "minMemoryMib", "diskBytes", "blobId", "hostId", "isProtected"
    FROM "Instance" WHERE id = ${id} FOR NO KEY UPDATE`
  return rows[0] ?? null
}

/** Locks a host, after instances, so that two requests cannot take the same capacity. */
export async function lockHost(tx: Transaction, id: string): Promise<void> {
  await tx.$queryRaw`SELECT id FROM "MachineHost" WHERE id = ${id} FOR NO KEY UPDATE`
}

/** All advisory locks, because they share one space of numbers. A trigger takes the ledger's. */
export const advisoryLocks = { space: 7_300_401, host: 7_300_402, ledger: 7_300_403 } as const

/** Takes the space lock until the end of the transaction. It is taken last, so it cannot deadlock. */
export async function lockSpace(tx: Transaction): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(${advisoryLocks.space})::text`
}

/** Locks one blob and every blob of a content in a region, after the images. */
export async function lockBlobs(
  tx: Transaction,
  which: { id: string | null; regionId: string; sha256: string | null },
): Promise<LockedBlob[]> {
  return await tx.$queryRaw<LockedBlob[]>`
    SELECT id, "regionId", sha256, state::text AS state FROM "Blob"
    WHERE id = ${which.id} OR ("regionId" = ${which.regionId} AND sha256 = ${which.sha256})
    ORDER BY id FOR NO KEY UPDATE`
}

/** Locks the check of a content, so that its verdict does not change while a rule uses it. Without a check nothing is locked. */
export async function lockCheck(tx: Transaction, sha256: string): Promise<void> {
  await tx.$queryRaw`SELECT sha256 FROM "Check" WHERE sha256 = ${sha256} FOR SHARE`
}
