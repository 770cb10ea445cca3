import { expect, test } from 'vitest'
import { operatorContext } from '@/lib/admin/operator'
import { db } from '@/lib/db/client'
import { InstanceState, SnapshotState } from '@/lib/db/generated/enums'
import { inTransaction } from '@/lib/db/transaction'
import { newId } from '@/lib/ids'
import { ok } from '@/lib/result'
import { account, held, image, noon, quota, region, type TestAccount, whileLocked } from '@/lib/testing/builders'
import { listQuotas } from './reads'
import { resources } from './rules'
import { type Asked, refuseBytes, refuseNewImage, refuseNewSnapshot, setQuotas } from './writes'

// Setting and counting an account's quotas. Free space in stores is tested in space.db.test.ts.

const operator = () => ({ ...operatorContext(), now: noon })
const rowsOf = async (accountId: string, regionId: string) => {
  const rows = await db().quota.findMany({ where: { accountId, regionId } })
  return Object.fromEntries(rows.map(({ resource, amount }) => [resource, Number(amount)]))
}
const eventsOf = async (ownerId: string) => await db().event.findMany({ where: { ownerId }, orderBy: { id: 'asc' } })
const refused = (refusal: object) => ({ ok: false, refusal })
const kib = 1024
const unset = { instances: { quota: 10, used: 0 }, snapshots: { quota: 64, used: 0 } }

/** An account with two own images that count, one failed, one received, and one in another region. */
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
  const change = { username: owner.username, region: here, amounts: { images: 7 }, forced: false }
  expect(await setQuotas(operator(), change)).toEqual({
    ok: true,
    value: { ...unset, images: { quota: 7, used: 3 }, bytes: { quota: 200 * 2 ** 30, used: 2 * kib } },
  })
  expect(await rowsOf(owner.id, here)).toEqual({ images: 7 })
  expect(await rowsOf(owner.id, there)).toEqual({})
  const facts = { action: 'quota.set', ownerName: owner.username, regionId: here, actorId: 'operator' }
  expect(await eventsOf(owner.id)).toMatchObject([{ ...facts, details: { quota: 7, used: 3 } }])
})

test('only named quotas are set, and the others stay', async () => {
  const { here, owner } = await tenant()
  const change = { username: owner.username, region: here, forced: false }
  const set = { ...unset, images: { quota: 5, used: 3 }, bytes: { quota: 4 * kib, used: 2 * kib } }
  const both = { ...change, amounts: { images: 5, bytes: 4 * kib } }
  expect(await setQuotas(operator(), both)).toEqual({ ok: true, value: set })
  const images = { quota: 6, used: 3 }
  const one = await setQuotas(operator(), { ...change, amounts: { images: 6 } })
  expect(one).toEqual({ ok: true, value: { ...set, images } })
  expect(await rowsOf(owner.id, here)).toEqual({ images: 6, bytes: 4 * kib })
  const details = (await eventsOf(owner.id)).map((event) => event.details)
  expect(details).toEqual([
    { quota: 5, used: 3, bytes: 4 * kib, bytesUsed: 2 * kib, before: { quota: 50, bytes: 200 * 2 ** 30 } },
    { quota: 6, used: 3, before: { quota: 5 } },
  ])
})

test('a quota below the use is refused unless forced, and a refusal writes nothing', async () => {
  const { here, owner } = await tenant()
  const change = { username: owner.username, region: here, forced: false }
  const below = await setQuotas(operator(), { ...change, amounts: { images: 2, bytes: 4 * kib } })
  expect(below).toEqual(refused({ code: 'QUOTA_BELOW_USE', resource: 'images', used: 3 }))
  const bytesBelow = await setQuotas(operator(), { ...change, amounts: { images: 3, bytes: 2 * kib - 1 } })
  expect(bytesBelow).toEqual(refused({ code: 'BYTES_QUOTA_BELOW_USE', used: 2 * kib }))
  expect(await rowsOf(owner.id, here)).toEqual({})
  expect(await eventsOf(owner.id)).toEqual([])
  expect(await setQuotas(operator(), { ...change, amounts: { images: 3, bytes: 2 * kib } })).toMatchObject({ ok: true })
  const forced = await setQuotas(operator(), { ...change, amounts: { images: 0, bytes: 0 }, forced: true })
  expect(forced).toMatchObject({ value: { images: { quota: 0, used: 3 }, bytes: { quota: 0, used: 2 * kib } } })
})

test('a change of a quota waits for operations that count on the account, and counts after them', async () => {
  const { here, owner } = await tenant()
  const change = { username: owner.username, region: here, amounts: { images: 3 }, forced: false }
  const answer = await whileLocked(
    [owner.id],
    () => setQuotas(operator(), change),
    async (tx) =>
      await tx.image.updateMany({
        where: { ownerId: owner.id, state: 'failed' },
        data: { state: 'deleting' },
      }),
  )
  expect(answer).toEqual(refused({ code: 'QUOTA_BELOW_USE', resource: 'images', used: 4 }))
})

test('only master accounts have quotas, and only in existing regions', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const ops = await account({ master: owner })
  const change = { username: owner.username, region: here, amounts: { images: 3 }, forced: false }
  for (const username of ['nobody', ops.username])
    expect(await setQuotas(operator(), { ...change, username })).toEqual(refused({ code: 'ACCOUNT_NOT_FOUND' }))
  expect(await setQuotas(operator(), { ...change, region: 'cn-none' })).toEqual(refused({ code: 'REGION_NOT_FOUND' }))
})

test('every quota of every region is listed with its exact use, and with the default if none was set', async () => {
  const { here, there, owner } = await tenant()
  await quota(owner, here, 1, kib)
  const listed = new Map((await listQuotas(owner.ctx.viewer.ownerId)).map((row) => [row.regionId, row]))
  // Exact above the quota too.
  expect(listed.get(here)).toMatchObject({ images: { used: 3, quota: 1 }, bytes: { used: 2 * kib, quota: kib } })
  expect(listed.get(there)).toMatchObject({
    images: { used: 1, quota: resources.images.default },
    bytes: { used: kib, quota: resources.bytes.default },
  })
})

/** The rows of an account's instances and snapshots, one in each state. */
async function machines(owner: TestAccount, regionId: string): Promise<void> {
  const { blobId } = await db().image.findFirstOrThrow({ where: { ownerId: owner.id, regionId, state: 'available' } })
  const at = { createdAt: noon, updatedAt: noon }
  const from = { imageId: 'img-1', imageName: 'web', imageOwnerId: owner.id, imageOwnerName: owner.username }
  const own = { ownerId: owner.id, createdById: owner.id, regionId, name: 'web-01', ...from, ...at }
  const system = { operatingSystem: 'Debian 12', bootMode: 'BIOS' as const }
  const typeId = newId('ins')
  const host = { vcpus: 1, memoryMib: 1, canUefi: false, isEmulationAllowed: true, version: '', seenAt: noon }
  await db().instanceType.create({ data: { id: typeId, vcpus: 1, memoryMib: 512, createdAt: noon } })
  await db().machineHost.create({ data: { id: typeId, ...host } })
  for (const state of Object.values(InstanceState)) {
    const isGone = state === 'terminated'
    const held = { blobId: isGone ? null : blobId, terminatedAt: isGone ? noon : null }
    const data = {
      id: newId('ins'),
      ...own,
      ...system,
      state,
      typeId,
      diskBytes: 1,
      build: '',
      hostId: typeId,
      ...held,
    }
    await db().instance.create({ data })
  }
  for (const state of Object.values(SnapshotState)) {
    const sizes = { virtualSize: 1, size: 3, promisedBytes: 10 }
    const data = {
      id: newId('snap'),
      ...own,
      ...system,
      state,
      instanceId: 'ins-1',
      instanceName: 'web',
      blobId,
      ...sizes,
    }
    await db().snapshot.create({ data })
  }
}

test('instances take places until they are terminated; snapshots take places and bytes unless they failed', async () => {
  const { here, there, owner } = await tenant()
  await machines(owner, here)
  const states = Object.values(InstanceState).length
  const listed = new Map((await listQuotas(owner.ctx.viewer.ownerId)).map((row) => [row.regionId, row]))
  expect(listed.get(here)).toMatchObject({
    images: { used: 3 },
    instances: { used: states - 1, quota: 10 },
    snapshots: { used: 2, quota: 64 },
    // A snapshot that is being made counts by its reservation.
    bytes: { used: 2 * kib + 3 + 10 },
  })
  expect(listed.get(there)).toMatchObject({ instances: { used: 0 }, snapshots: { used: 0 }, bytes: { used: kib } })
  const change = { username: owner.username, region: here, amounts: { instances: states - 2, snapshots: 2 } }
  const below = { code: 'QUOTA_BELOW_USE', resource: 'instances', used: states - 1 }
  expect(await setQuotas(operator(), { ...change, forced: false })).toEqual(refused(below))
  expect(await setQuotas(operator(), { ...change, forced: true })).toMatchObject({ ok: true })
  expect(await rowsOf(owner.id, here)).toEqual({ instances: states - 2, snapshots: 2 })
})

test('a new image needs a place, then bytes; if it has none to write, free space is not checked', async () => {
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
  const places = { code: 'IMAGE_QUOTA_FULL', used: 3, quota: 3, asked: 1, region: here }
  const bytes = { code: 'BYTES_QUOTA_FULL', used: 2 * kib, quota: 2 * kib, asked: 1, region: here }
  expect(await ask(refuseNewImage, {})).toEqual({ ok: true, value: places })
  await quota(owner, here, 4, 2 * kib)
  expect(await ask(refuseNewImage, {})).toEqual({ ok: true, value: bytes })
  expect(await ask(refuseNewImage, { bytes: 0 })).toEqual({ ok: true, value: null })
  expect(await ask(refuseBytes, {})).toEqual({ ok: true, value: bytes })
  // An image's own bytes do not count against itself.
  const own = await db().image.findFirstOrThrow({ where: { ownerId: owner.id, regionId: here, state: 'available' } })
  expect(await ask(refuseBytes, { imageId: own.id, bytes: kib })).toEqual({ ok: true, value: null })
  expect(await ask(refuseBytes, { imageId: own.id, bytes: kib + 1 })).toMatchObject({
    value: { used: kib, asked: kib + 1 },
  })
})

test('a new snapshot needs a place, then bytes', async () => {
  const { here, owner } = await tenant()
  await machines(owner, here)
  const used = 2 * kib + 3 + 10
  const ask = async (bytes: number) => {
    const writing = { where: 'store', bytes: 0 } as const
    const asked = { ownerId: owner.id, regionId: here, bytes, writing }
    return await inTransaction(async (tx) => ok(await refuseNewSnapshot(tx, asked)))
  }
  await setQuotas(operator(), {
    ...{ username: owner.username, region: here, forced: true },
    amounts: { snapshots: 2, bytes: used + 5 },
  })
  const places = { code: 'SNAPSHOT_QUOTA_FULL', used: 2, quota: 2, asked: 1, region: here }
  expect(await ask(1)).toEqual({ ok: true, value: places })
  await setQuotas(operator(), {
    ...{ username: owner.username, region: here, forced: true },
    amounts: { snapshots: 3 },
  })
  const full = { code: 'BYTES_QUOTA_FULL', used, quota: used + 5, asked: 6, region: here }
  expect(await ask(6)).toEqual({ ok: true, value: full })
  expect(await ask(5)).toEqual({ ok: true, value: null })
})
