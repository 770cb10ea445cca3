import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { lockAccounts, lockSpace } from '@/lib/db/locks'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { Late, within } from '@/lib/patience'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { fileSystemOf, freeIn, type Place } from '@/lib/stores/room'
import { stagingPlace } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'
import { quotaUse } from './reads'
import { type Resource, refuseQuota, refuseQuotaChange, refuseRoom, resourceNames, resources } from './rules'
import type { QuotaMeters } from './schema'

export type QuotaChange = {
  username: string
  region: string
  amounts: Partial<Record<Resource, number>>
  forced: boolean
}
type QuotaChangeRefusal = RefusalOf<
  'ACCOUNT_NOT_FOUND' | 'REGION_NOT_FOUND' | 'QUOTA_BELOW_USE' | 'BYTES_QUOTA_BELOW_USE' | 'BUSY'
>

/** Sets the named quotas in a region, and returns all. A quota below the use must be forced, and removes nothing. */
export async function setQuotas(ctx: Context, change: QuotaChange): Promise<Result<QuotaMeters, QuotaChangeRefusal>> {
  const [account, region] = await Promise.all([
    db().account.findUnique({
      where: { username: change.username, kind: 'MASTER' },
      select: { id: true, username: true },
    }),
    db().region.findUnique({ where: { id: change.region } }),
  ])
  if (!account) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  if (!region) return refuse({ code: 'REGION_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [account.id])
    const meters = await quotaUse(tx, resourceNames, { ownerId: account.id, regionId: region.id })
    const details: Record<string, number> = {}
    const before: Record<string, number> = {}
    for (const name of resourceNames) {
      const quota = change.amounts[name]
      if (quota === undefined) continue
      const { used } = meters[name]
      const refusal = refuseQuotaChange(name, { used, quota, forced: change.forced })
      if (refusal) return refuse(refusal)
      const { recorded } = resources[name]
      before[recorded.quota] = meters[name].quota
      meters[name] = { used, quota }
      details[recorded.quota] = quota
      details[recorded.used] = used
    }
    await writeQuotas(tx, { accountId: account.id, regionId: region.id }, change.amounts)
    await recordEvents(tx, ctx, [
      { action: 'quota.set', owner: account, regionId: region.id, details: { ...details, before } },
    ])
    return ok(meters)
  })
}

type QuotaKey = { accountId: string; regionId: string }

async function writeQuotas(tx: Transaction, key: QuotaKey, amounts: QuotaChange['amounts']): Promise<void> {
  const named = resourceNames.filter((name) => amounts[name] !== undefined)
  await tx.$executeRaw`
    INSERT INTO "Quota" ("accountId", "regionId", resource, amount)
    SELECT ${key.accountId}, ${key.regionId}, resource, amount
    FROM unnest(${named}::text[], ${named.map((name) => amounts[name])}::bigint[]) AS named(resource, amount)
    ON CONFLICT ("accountId", "regionId", resource) DO UPDATE SET amount = excluded.amount`
}

/** A request for bytes: the total in a region's store, and the part that is still to be written, with its place. */
export type Asked = {
  ownerId: string
  regionId: string
  /** The image whose reservation this is, which then does not count against itself; undefined for a new one. */
  imageId?: string | undefined
  bytes: number
  /** The bytes still to be written, and where: an import first fills the staging folder. */
  writing: { where: 'staging' | 'store'; bytes: number }
}

export type RoomRefusal = RefusalOf<'BYTES_QUOTA_FULL' | 'STORE_FULL' | 'STORE_UNREACHABLE'>

/**
 * The time limit for querying a file system. It is queried under the space lock, because space read before may be reserved
 * already, at most three times, and others wait for the lock for 10 s.
 */
const diskPatienceMs = 1_000
export type NewImageRefusal = RoomRefusal | RefusalOf<'IMAGE_QUOTA_FULL'>

/** Refuses a further image that does not fit the quota, or whose bytes do not fit. Call it under the owner's lock. */
export async function refuseNewImage(tx: Transaction, asked: Asked): Promise<NewImageRefusal | null> {
  const { regionId: region } = asked
  const use = await quotaUse(tx, ['images', 'bytes'], asked)
  return (
    refuseQuota(resources.images, { ...use.images, asked: 1, region }) ??
    refuseQuota(resources.bytes, { ...use.bytes, asked: asked.bytes, region }) ??
    (await refuseWriting(tx, asked))
  )
}

/** Refuses a further snapshot that does not fit the quotas of snapshots or bytes. */
export async function refuseNewSnapshot(
  tx: Transaction,
  asked: Asked,
): Promise<RoomRefusal | RefusalOf<'SNAPSHOT_QUOTA_FULL'> | null> {
  const { regionId: region } = asked
  const use = await quotaUse(tx, ['snapshots', 'bytes'], asked)
  return (
    refuseQuota(resources.snapshots, { ...use.snapshots, asked: 1, region }) ??
    refuseQuota(resources.bytes, { ...use.bytes, asked: asked.bytes, region }) ??
    (await refuseWriting(tx, asked))
  )
}

/** Refuses bytes that fit neither the quota nor the free space. Call it under the owner's lock. */
export async function refuseBytes(tx: Transaction, asked: Asked): Promise<RoomRefusal | null> {
  const { bytes } = await quotaUse(tx, ['bytes'], { ...asked, except: asked.imageId ?? null })
  const full = refuseQuota(resources.bytes, { ...bytes, asked: asked.bytes, region: asked.regionId })
  return full ?? (await refuseWriting(tx, asked))
}

/** Takes the space lock, so that no space is reserved twice; a reservation counts from its commit on. */
async function refuseWriting(
  tx: Transaction,
  { regionId: region, writing, imageId }: Asked,
): Promise<RefusalOf<'STORE_FULL' | 'STORE_UNREACHABLE'> | null> {
  if (writing.bytes === 0) return null
  const place = writing.where === 'staging' ? stagingPlace() : storeOf(region).local
  if (!place) return null
  await lockSpace(tx)
  try {
    const promised = await promisedOn(tx, await within(diskPatienceMs, fileSystemOf(place)), imageId ?? null)
    // Read after the reservations: bytes written in between are counted twice, never zero times.
    const free = await within(diskPatienceMs, freeIn(place))
    return refuseRoom({ free, promised, asked: writing.bytes, region })
  } catch (error) {
    if (error instanceof Late) return { code: 'STORE_UNREACHABLE', region }
    throw error
  }
}

type Promised = { regionId: string; isStaging: boolean; bytes: number }

async function promisedOn(tx: Transaction, fileSystem: number, except: string | null): Promise<number> {
  const rows = await tx.$queryRaw<Promised[]>`
    SELECT i."regionId", t.step <> 'STORE' AS "isStaging", sum(t."reservedBytes")::float8 AS bytes
    FROM "Transfer" t JOIN "Image" i ON i.id = t."imageId"
    WHERE t."reservedBytes" > 0 AND t."imageId" IS DISTINCT FROM ${except}::text GROUP BY 1, 2
    UNION ALL
    SELECT "regionId", false, sum("promisedBytes")::float8 FROM "Snapshot" WHERE state = 'creating' GROUP BY 1`
  const there = rows.map(async ({ regionId, isStaging, bytes }) => {
    const place = isStaging ? stagingPlace() : storeOf(regionId).local
    return place && (await isOn(place, fileSystem)) ? bytes : 0
  })
  return (await Promise.all(there)).reduce((sum, bytes) => sum + bytes, 0)
}

/** Whether a place is on this file system. An unreachable store is not, and must not block others. */
async function isOn(place: Place, fileSystem: number): Promise<boolean> {
  return (await within(diskPatienceMs, fileSystemOf(place)).catch(() => null)) === fileSystem
}
