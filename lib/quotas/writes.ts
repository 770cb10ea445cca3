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
import { bytesUse, quotaUse } from './reads'
import { refuseBytesQuota, refuseBytesQuotaChange, refuseImageQuota, refuseQuotaChange, refuseRoom } from './rules'

export type QuotaChange = {
  username: string
  region: string
  images: number
  bytes?: number | undefined
  forced: boolean
}
type QuotaChangeRefusal = RefusalOf<
  'ACCOUNT_NOT_FOUND' | 'REGION_NOT_FOUND' | 'QUOTA_BELOW_USE' | 'BYTES_QUOTA_BELOW_USE' | 'BUSY'
>
export type QuotaSet = { quota: number; used: number; bytesQuota: number; bytesUsed: number }

/**
 * Sets a master account's quotas in a region: the number of images and, where it is named, their bytes. Below what is used only
 * when forced; then nothing is taken away.
 */
export async function setQuota(ctx: Context, change: QuotaChange): Promise<Result<QuotaSet, QuotaChangeRefusal>> {
  const [account, region] = await Promise.all([
    db().account.findUnique({
      where: { username: change.username, kind: 'MASTER' },
      select: { id: true, username: true },
    }),
    db().region.findUnique({ where: { id: change.region } }),
  ])
  if (!account) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  if (!region) return refuse({ code: 'REGION_NOT_FOUND' })
  const { images, bytes, forced } = change
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [account.id])
    const own = await tx.image.count({ where: { ownerId: account.id, regionId: region.id, NOT: { state: 'failed' } } })
    const used = own + (await tx.share.count({ where: { recipientId: account.id, regionId: region.id } }))
    const kept = await bytesUse(tx, { ownerId: account.id, regionId: region.id })
    const refusal =
      refuseQuotaChange({ used, quota: images, forced }) ??
      (bytes === undefined ? null : refuseBytesQuotaChange({ used: kept.used, quota: bytes, forced }))
    if (refusal) return refuse(refusal)
    const key = { accountId: account.id, regionId: region.id }
    const data = { images, ...(bytes === undefined ? {} : { bytes }) }
    await tx.quota.upsert({ where: { accountId_regionId: key }, create: { ...key, ...data }, update: data })
    const details = { quota: images, used, ...(bytes === undefined ? {} : { bytes, bytesUsed: kept.used }) }
    await recordEvents(tx, ctx, [{ action: 'quota.set', owner: account, regionId: region.id, details }])
    return ok({ quota: images, used, bytesQuota: bytes ?? kept.quota, bytesUsed: kept.used })
  })
}

/** Bytes that an account asks for: so many in a region's store, of which so many are still to be written to a place. */
export type Asked = {
  ownerId: string
  regionId: string
  /** Whose promise it is, which then does not count against itself; none for an image that is still to be made. */
  imageId?: string
  /** What the image will take there at last. */
  bytes: number
  /** What is still to be written for that, and where: an import first fills the staging folder. */
  writing: { where: 'staging' | 'store'; bytes: number }
}

/** Why bytes get no place: the quota of their account, or the room there is. */
export type RoomRefusal = RefusalOf<'BYTES_QUOTA_FULL' | 'STORE_FULL' | 'STORE_UNREACHABLE'>

/**
 * A file system is asked under the lock of all space, as room that was read before it may be promised already. One that hangs must
 * not keep everybody: a lock is waited for 10 s, and this is asked three times at most.
 */
const diskPatienceMs = 1_000
export type NewImageRefusal = RoomRefusal | RefusalOf<'IMAGE_QUOTA_FULL'>

/** Whether there is a quota place for one image more, and room for its bytes. Asked under the lock of the owner. */
export async function refuseNewImage(tx: Transaction, asked: Asked): Promise<NewImageRefusal | null> {
  const { ownerId, regionId: region } = asked
  const use = (await quotaUse(tx, [ownerId], region)).get(ownerId)
  const refusal = use && refuseImageQuota({ used: use.used, quota: use.quota, region })
  return refusal ?? (await refuseBytes(tx, asked))
}

/**
 * Whether an account may have so many bytes more, by its quota and by the room that is there. Asked under the lock of the
 * owner; it takes the lock of all space, so that no two promises are made of the same room, and what is promised in the same
 * transaction counts from its commit on.
 */
export async function refuseBytes(tx: Transaction, asked: Asked): Promise<RoomRefusal | null> {
  const { ownerId, regionId: region, bytes, writing, imageId: except = null } = asked
  const refusal = refuseBytesQuota({
    ...(await bytesUse(tx, { ownerId, regionId: region, except })),
    asked: bytes,
    region,
  })
  if (refusal || writing.bytes === 0) return refusal
  const place = writing.where === 'staging' ? stagingPlace() : storeOf(region).local
  if (!place) return null
  await lockSpace(tx)
  try {
    const promised = await promisedOn(tx, await within(diskPatienceMs, fileSystemOf(place)), except)
    // After the promises were read: what is written in between counts twice, and never not at all.
    const free = await within(diskPatienceMs, freeIn(place))
    return refuseRoom({ free, promised, asked: writing.bytes, region })
  } catch (error) {
    if (error instanceof Late) return { code: 'STORE_UNREACHABLE', region }
    throw error
  }
}

type Promised = { regionId: string; isStaging: boolean; bytes: number }

/** How many bytes are promised on one file system and not written yet: of the staging folder and of all stores that lie there. */
async function promisedOn(tx: Transaction, fileSystem: number, except: string | null): Promise<number> {
  const rows = await tx.$queryRaw<Promised[]>`
    SELECT i."regionId", t.step <> 'STORE' AS "isStaging", sum(t."reservedBytes")::float8 AS bytes
    FROM "Transfer" t JOIN "Image" i ON i.id = t."imageId"
    WHERE t."reservedBytes" > 0 AND t."imageId" IS DISTINCT FROM ${except}::text GROUP BY 1, 2`
  const there = rows.map(async ({ regionId, isStaging, bytes }) => {
    const place = isStaging ? stagingPlace() : storeOf(regionId).local
    return place && (await isOn(place, fileSystem)) ? bytes : 0
  })
  return (await Promise.all(there)).reduce((sum, bytes) => sum + bytes, 0)
}

/** A store that is away has no room to share, and must not keep everybody else waiting. */
async function isOn(place: Place, fileSystem: number): Promise<boolean> {
  return (await within(diskPatienceMs, fileSystemOf(place)).catch(() => null)) === fileSystem
}
