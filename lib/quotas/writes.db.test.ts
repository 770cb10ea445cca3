import { expect, test } from 'vitest'
import { operatorContext } from '@/lib/admin/operator'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { ok } from '@/lib/result'
import { account, held, image, noon, quota, region, whileLocked } from '@/lib/testing/builders'
import { type Asked, refuseBytes, refuseNewImage, setQuota } from './writes'

// What the quotas of an account say and write. The room of stores is in space.db.test.ts.

const operator = () => ({ ...operatorContext(), now: noon })
const rowOf = async (accountId: string, regionId: string) =>
  await db().quota.findUnique({ where: { accountId_regionId: { accountId, regionId } } })
const eventsOf = async (ownerId: string) => await db().event.findMany({ where: { ownerId }, orderBy: { id: 'asc' } })
const refused = (refusal: object) => ({ ok: false, refusal })
const kib = 1024

/** An account with two images of its own that count, one that failed, one received, and one in another region. */
async function tenant() {
  const [here, there, owner, other] = await Promise.all([region(), region(), account(), account()])
  await image(owner, here)
  await image(owner, here, { state: 'deleted' })
  await image(owner, here, { state: 'failed' })
  await image(owner, there)
  await held(await image(other, here), owner)
  await db().image.updateMany({ where: { ownerId: owner.id, NOT: { state: 'failed' } }, data: { size: kib } })
  return { here, there, owner }
}

test('the quota of images is set, counts own and received images, and is recorded for the account', async () => {
  const { here, there, owner } = await tenant()
  const change = { username: owner.username, region: here, images: 7, forced: false }
  const bytesQuota = 200 * 2 ** 30
  expect(await setQuota(operator(), change)).toEqual({
    ok: true,
    value: { quota: 7, used: 3, bytesQuota, bytesUsed: 2 * kib },
  })
  expect(await rowOf(owner.id, here)).toMatchObject({ images: 7, bytes: null })
  expect(await rowOf(owner.id, there)).toBeNull()
  const facts = { action: 'quota.set', ownerName: owner.username, regionId: here, actorId: 'operator' }
  expect(await eventsOf(owner.id)).toMatchObject([{ ...facts, details: { quota: 7, used: 3 } }])
})

test('the quota of bytes is set only where it is named, and stays when only the images are', async () => {
  const { here, owner } = await tenant()
  const change = { username: owner.username, region: here, images: 5, forced: false }
  const set = { quota: 5, used: 3, bytesQuota: 4 * kib, bytesUsed: 2 * kib }
  expect(await setQuota(operator(), { ...change, bytes: 4 * kib })).toEqual({ ok: true, value: set })
  expect(await setQuota(operator(), { ...change, images: 6 })).toEqual({ ok: true, value: { ...set, quota: 6 } })
  expect(await rowOf(owner.id, here)).toMatchObject({ images: 6, bytes: BigInt(4 * kib) })
  const details = (await eventsOf(owner.id)).map((event) => event.details)
  expect(details).toEqual([
    { quota: 5, used: 3, bytes: 4 * kib, bytesUsed: 2 * kib },
    { quota: 6, used: 3 },
  ])
})

test('a quota below what is used is refused unless it is forced, and a refusal writes nothing', async () => {
  const { here, owner } = await tenant()
  const change = { username: owner.username, region: here, images: 3, forced: false }
  expect(await setQuota(operator(), { ...change, images: 2 })).toEqual(refused({ code: 'QUOTA_BELOW_USE', used: 3 }))
  const below = await setQuota(operator(), { ...change, bytes: 2 * kib - 1 })
  expect(below).toEqual(refused({ code: 'BYTES_QUOTA_BELOW_USE', used: 2 * kib }))
  expect(await rowOf(owner.id, here)).toBeNull()
  expect(await eventsOf(owner.id)).toEqual([])
  expect(await setQuota(operator(), { ...change, bytes: 2 * kib })).toMatchObject({ ok: true })
  expect(await setQuota(operator(), { ...change, images: 0, bytes: 0, forced: true })).toMatchObject({
    value: { quota: 0, used: 3, bytesQuota: 0, bytesUsed: 2 * kib },
  })
})

test('a quota waits for whoever counts on the account, and counts after', async () => {
  const { here, owner } = await tenant()
  const change = { username: owner.username, region: here, images: 3, forced: false }
  const answer = await whileLocked(
    [owner.id],
    () => setQuota(operator(), change),
    async (tx) =>
      await tx.image.updateMany({
        where: { ownerId: owner.id, state: 'failed' },
        data: { state: 'deleting' },
      }),
  )
  expect(answer).toEqual(refused({ code: 'QUOTA_BELOW_USE', used: 4 }))
})

test('quotas are those of master accounts in regions that there are', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const ops = await account({ master: owner })
  const change = { username: owner.username, region: here, images: 3, forced: false }
  for (const username of ['nobody', ops.username])
    expect(await setQuota(operator(), { ...change, username })).toEqual(refused({ code: 'ACCOUNT_NOT_FOUND' }))
  expect(await setQuota(operator(), { ...change, region: 'cn-none' })).toEqual(refused({ code: 'REGION_NOT_FOUND' }))
})

test('a new image needs a place first, then bytes; without bytes to write no room is asked for', async () => {
  const { here, owner } = await tenant()
  const ask = async (what: typeof refuseNewImage, asked: Partial<Asked>) => {
    const full = {
      ownerId: owner.id,
      regionId: here,
      bytes: 1,
      writing: { where: 'store', bytes: 0 } as const,
      ...asked,
    }
    return await inTransaction(async (tx) => ok(await what(tx, full)))
  }
  await quota(owner, here, 3, 2 * kib)
  const places = { code: 'IMAGE_QUOTA_FULL', used: 3, quota: 3, region: here }
  const bytes = { code: 'BYTES_QUOTA_FULL', used: 2 * kib, quota: 2 * kib, asked: 1, region: here }
  expect(await ask(refuseNewImage, {})).toEqual({ ok: true, value: places })
  await quota(owner, here, 4, 2 * kib)
  expect(await ask(refuseNewImage, {})).toEqual({ ok: true, value: bytes })
  expect(await ask(refuseNewImage, { bytes: 0 })).toEqual({ ok: true, value: null })
  expect(await ask(refuseBytes, {})).toEqual({ ok: true, value: bytes })
  // What an image has is not asked for beside itself.
  const own = await db().image.findFirstOrThrow({ where: { ownerId: owner.id, regionId: here, state: 'available' } })
  expect(await ask(refuseBytes, { imageId: own.id, bytes: kib })).toEqual({ ok: true, value: null })
  expect(await ask(refuseBytes, { imageId: own.id, bytes: kib + 1 })).toMatchObject({
    value: { used: kib, asked: kib + 1 },
  })
})
