import 'server-only'
import { systemContext } from '@/lib/auth/viewer'
import type { DiskContent } from '@/lib/blobs/rules'
import { chooseBlob, type Place, releaseBytes } from '@/lib/blobs/writes'
import { db } from '@/lib/db/client'
import type { Prisma } from '@/lib/db/generated/client'
import { lockAccounts } from '@/lib/db/locks'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import type { SnapshotFailureCode } from './rules'
import { makeImage } from './writes'

// Reads and writes for snapshots by the process that owns the machines.

/** `isInstanceThere`: false once the instance is terminated or being terminated. */
export type WantedSnapshot = {
  id: string
  instanceId: string
  regionId: string
  owner: { id: string; username: string }
  isInstanceThere: boolean
}

/** The snapshots that a host must still create, with their instances and owners. */
export async function listWanted(hostId: string): Promise<WantedSnapshot[]> {
  const rows = await db().$queryRaw<(Omit<WantedSnapshot, 'owner'> & { ownerId: string; username: string })[]>`
    SELECT s.id, s."instanceId", s."regionId", a.id AS "ownerId", a.username,
      i.state <> 'terminated' AND i.task IS DISTINCT FROM 'TERMINATE' AS "isInstanceThere"
    FROM "Snapshot" s JOIN "Instance" i ON i.id = s."instanceId" JOIN "Account" a ON a.id = s."ownerId"
    WHERE s.state = 'creating' AND i."hostId" = ${hostId} ORDER BY s."createdAt" LIMIT 100`
  return rows.map(({ ownerId, username, ...row }) => ({ ...row, owner: { id: ownerId, username } }))
}

/** Which of these snapshots are still being created. */
export async function findStillWanted(ids: string[]): Promise<string[]> {
  const rows = await db().snapshot.findMany({ where: { id: { in: ids }, state: 'creating' }, select: { id: true } })
  return rows.map(({ id }) => id)
}

/** Records the progress of a snapshot in bytes. Returns false if it is no longer wanted. */
export async function noteProgress(id: string, done: number, total: number): Promise<boolean> {
  const { count } = await db().snapshot.updateMany({
    where: { id, state: 'creating' },
    data: { doneBytes: BigInt(Math.floor(done)), totalBytes: BigInt(Math.floor(total)) },
  })
  return count > 0
}

async function lockWanted(tx: Transaction, { id, owner }: WantedSnapshot) {
  await lockAccounts(tx, [owner.id])
  await tx.$queryRaw`SELECT id FROM "Snapshot" WHERE id = ${id} FOR UPDATE`
  return await tx.snapshot.findFirst({ where: { id, state: 'creating' } })
}

/** The key for a snapshot's bytes, the same for each call. Null if the snapshot is no longer wanted. */
export async function claimSnapshotPlace(wanted: WantedSnapshot, content: DiskContent): Promise<Place | null> {
  const now = new Date()
  const claimed = await inTransaction(async (tx) => {
    const snapshot = await lockWanted(tx, wanted)
    if (!snapshot) return ok(null)
    const place = await chooseBlob(tx, snapshot, content, now)
    await tx.snapshot.update({ where: { id: snapshot.id }, data: { blobId: place.blobId, updatedAt: now } })
    if (snapshot.blobId !== null && snapshot.blobId !== place.blobId)
      await releaseBytes(tx, { blobId: snapshot.blobId, regionId: snapshot.regionId }, now)
    return ok(place)
  })
  if (!claimed.ok) throw new Error(claimed.refusal.code)
  return claimed.value
}

/** Makes a snapshot available whose bytes are stored, and creates the image that was requested with it. */
export async function settleSnapshot(
  wanted: WantedSnapshot,
  content: DiskContent,
  consistency: 'SETTLED' | 'POWER_CUT',
): Promise<void> {
  const ctx = systemContext(wanted.owner, new Date())
  const settled = await inTransaction(async (tx) => {
    const snapshot = await lockWanted(tx, wanted)
    if (!snapshot) return ok(null)
    // If another import of the same content was faster, the snapshot takes its blob.
    const { blobId, isThere } = await chooseBlob(tx, snapshot, content, ctx.now)
    if (!isThere) await tx.blob.update({ where: { id: blobId }, data: { state: 'ready', updatedAt: ctx.now } })
    const { size } = content
    const done = { doneBytes: size, totalBytes: size, promisedBytes: 0 }
    const data = { state: 'available' as const, blobId, size, ...done, consistency, updatedAt: ctx.now }
    await tx.snapshot.update({ where: { id: snapshot.id }, data })
    if (snapshot.blobId !== null && snapshot.blobId !== blobId)
      await releaseBytes(tx, { blobId: snapshot.blobId, regionId: snapshot.regionId }, ctx.now)
    const instance = { id: snapshot.instanceId, name: snapshot.instanceName }
    await recordEvents(tx, ctx, [{ action: 'snapshot.available', regionId: snapshot.regionId, snapshot, instance }])
    // The image's quota was checked with the request. If it is full by now, the snapshot stays and the image can be created later.
    if (snapshot.imageWhenDone !== null) await makeImage(tx, ctx, { ...snapshot, blobId }, snapshot.imageWhenDone)
    return ok(null)
  })
  if (!settled.ok) throw new Error(settled.refusal.code)
}

/** Records why a snapshot failed, and releases its bytes and quota places. */
export async function failSnapshot(wanted: WantedSnapshot, code: SnapshotFailureCode): Promise<void> {
  const ctx = systemContext(wanted.owner, new Date())
  await inTransaction(async (tx) => {
    const snapshot = await lockWanted(tx, wanted)
    if (!snapshot) return ok(null)
    const data = { state: 'failed' as const, failure: { code }, blobId: null, promisedBytes: 0, updatedAt: ctx.now }
    await tx.snapshot.update({ where: { id: snapshot.id }, data })
    if (snapshot.blobId !== null)
      await releaseBytes(tx, { blobId: snapshot.blobId, regionId: snapshot.regionId }, ctx.now)
    const instance = { id: snapshot.instanceId, name: snapshot.instanceName }
    const details: Prisma.InputJsonObject = { reason: code }
    await recordEvents(tx, ctx, [{ action: 'snapshot.fail', regionId: snapshot.regionId, snapshot, instance, details }])
    return ok(null)
  })
}
