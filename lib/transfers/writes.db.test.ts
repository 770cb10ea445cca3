import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import {
  account,
  image,
  later,
  leasesAge,
  minutes,
  noon,
  quota,
  region,
  type TestAccount,
} from '@/lib/testing/builders'
import { leaseMs, queueMs } from './rules'
import * as writes from './writes'

// What each step of a transfer writes to its row. Who may claim it is tested in transfers.db.test.ts.

const disk = { format: 'qcow2', virtualSize: 3 * 2 ** 30, size: 1024, sha256: 'a'.repeat(64) } as const
const rowOf = async (id: string) => await db().image.findUnique({ where: { id }, include: { transfer: true } })
const transferOf = async (id: string) => (await rowOf(id))?.transfer
const eventsOf = async (imageId: string) => await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })
const jobsOf = async (imageId: string) =>
  await db().$queryRaw<{ task: string }[]>`
    SELECT task_identifier AS task FROM graphile_worker.jobs WHERE key LIKE ${`% ${imageId}`} ORDER BY 1`
const now = later(minutes(1))

async function tenant() {
  const [here, owner] = await Promise.all([region(), account()])
  return { here, owner, at: owner.at(now) }
}

/** A transfer claimed by a worker. */
async function worked(owner: TestAccount, here: string, kind: 'importing' | 'copying' = 'importing') {
  const imageId = await image(owner, here, { state: kind })
  await db().transfer.update({ where: { imageId }, data: { step: 'STORE' } })
  const claimed = await writes.claimTransfer(imageId)
  if (!claimed) throw new Error('Nobody has it.')
  return { imageId, work: claimed.work }
}

test('claiming a transfer sets a new holder, a lease of a minute, and counts a try', async () => {
  const { here, owner } = await tenant()
  const { imageId, work } = await worked(owner, here)
  expect(work).toEqual({ imageId, holder: expect.stringMatching(/^[0-9a-f]{16}$/) })
  expect(await transferOf(imageId)).toMatchObject({ leaseHolder: work.holder, patienceMs: leaseMs, tries: 1 })
  expect(writes.newHolder()).not.toBe(writes.newHolder())
})

test('a renewal writes the given fields, keeps the others, and affects no other transfer', async () => {
  const { here, owner } = await tenant()
  const [{ imageId, work }, other] = [await worked(owner, here), await worked(owner, here)]
  const progress = { step: 'CONVERT', doneBytes: 5, totalBytes: 9, reservedBytes: 3 } as const
  const written = { step: 'CONVERT', doneBytes: 5n, totalBytes: 9n, reservedBytes: 3n }
  expect(await writes.renewTransfer(work, progress, 7_000)).toBe(true)
  expect(await transferOf(imageId)).toMatchObject({ ...written, patienceMs: 7_000 })
  expect(await writes.renewTransfer(work, { doneBytes: 6 })).toBe(true)
  expect(await transferOf(imageId)).toMatchObject({ ...written, doneBytes: 6n, patienceMs: leaseMs })
  expect(await transferOf(other.imageId)).toMatchObject({ step: 'STORE', doneBytes: 0n })
})

test('a released transfer waits with its reason, and keeps its reservation in the store but not in staging', async () => {
  const { here, owner } = await tenant()
  for (const [step, left] of [
    ['STORE', 8n],
    ['CONVERT', 0n],
  ] as const) {
    const { imageId, work } = await worked(owner, here)
    await writes.renewTransfer(work, { step, reservedBytes: 8 })
    await writes.releaseTransfer(work, 'BUSY')
    const given = { leaseHolder: null, patienceMs: queueMs, failure: { code: 'BUSY' }, reservedBytes: left }
    expect(await transferOf(imageId)).toMatchObject(given)
  }
})

test('a step begins with zero progress and its reserved space, and is refused without space', async () => {
  const { here, owner, at } = await tenant()
  const { imageId, work } = await worked(owner, here)
  await writes.renewTransfer(work, { doneBytes: 5, totalBytes: 9 })
  const next = { step: 'STORE', totalBytes: 20, promisedBytes: 30, reservedBytes: 10 } as const
  expect(await writes.beginStep(at, work, next)).toEqual({ ok: true, value: null })
  const room = { doneBytes: 0n, totalBytes: 20n, promisedBytes: 30n, reservedBytes: 10n }
  expect(await transferOf(imageId)).toMatchObject({ step: 'STORE', ...room })
  await quota(owner, here, 5, 30)
  // Its own previous reservation does not count against it.
  expect(await writes.beginStep(at, work, { ...next, step: 'CONVERT' })).toEqual({ ok: true, value: null })
  const full = { code: 'BYTES_QUOTA_FULL', used: 0, quota: 30, asked: 31, region: here }
  expect(await writes.beginStep(at, work, { ...next, promisedBytes: 31 })).toEqual({ ok: false, refusal: full })
  expect(await transferOf(imageId)).toMatchObject({ step: 'CONVERT', ...room })
})

test('the place of its bytes is chosen once, with the content known by then', async () => {
  const { here, owner, at } = await tenant()
  const { imageId, work } = await worked(owner, here)
  const place = await writes.claimPlace(at, work, disk, { isNormalised: false })
  expect(place).toMatchObject({ ok: true, value: { isThere: false } })
  const blobId = place.ok ? place.value.blobId : ''
  expect(await rowOf(imageId)).toMatchObject({ blobId, isNormalised: false })
  expect(await db().blob.findUnique({ where: { id: blobId } })).toMatchObject({ createdAt: now, state: 'writing' })
  expect(await writes.claimPlace(at, work, disk)).toEqual(place)
  expect(await rowOf(imageId)).toMatchObject({ isNormalised: false })
})

test("a settled import is available with its disk's requirements, and its staged files are discarded", async () => {
  const { here, owner, at } = await tenant()
  const { imageId, work } = await worked(owner, here)
  expect(await writes.settleTransfer(at, work, disk)).toEqual({ ok: true, value: { imageId } })
  const settled = {
    state: 'available',
    minDiskGib: 3,
    bootMode: null,
    size: 1024n,
    sha256: disk.sha256,
    format: 'qcow2',
  }
  expect(await rowOf(imageId)).toMatchObject({
    ...settled,
    virtualSize: BigInt(disk.virtualSize),
    updatedAt: now,
    transfer: null,
  })
  const details = { size: 1024, sha256: disk.sha256 }
  expect(await eventsOf(imageId)).toMatchObject([{ action: 'image.available', regionId: here, at: now }])
  expect((await eventsOf(imageId))[0]?.details).toEqual(details)
  expect(await jobsOf(imageId)).toEqual([{ task: 'discard-staged' }])
})

test("a settled copy records whether the region had its bytes, keeps its owner's settings, and discards no files", async () => {
  const { here, owner, at } = await tenant()
  for (const wasThere of [true, false]) {
    const { imageId, work } = await worked(owner, here, 'copying')
    await db().image.update({ where: { id: imageId }, data: { bootMode: 'BIOS', minDiskGib: 40 } })
    expect(await writes.settleTransfer(at, work, disk, { wasThere })).toMatchObject({ ok: true })
    expect(await rowOf(imageId)).toMatchObject({ state: 'available', bootMode: 'BIOS', minDiskGib: 40 })
    const [event] = await eventsOf(imageId)
    expect(event).toMatchObject({ action: 'image.copied', regionId: here })
    expect(event?.details).toEqual({ size: 1024, sha256: disk.sha256, wasThere: wasThere ? 1 : 0 })
    expect(await jobsOf(imageId)).toEqual([])
  }
})

test('a failed one keeps image and reason, releases bytes and quota place, and discards its files', async () => {
  const { here, owner, at } = await tenant()
  const { imageId, work } = await worked(owner, here)
  const place = await writes.claimPlace(at, work, disk)
  await db().image.update({ where: { id: imageId }, data: { virtualSize: 9, size: 9 } })
  const failure = { code: 'DISK_REFUSED' as const }
  expect(await writes.failTransfer(at, work, failure)).toEqual({ ok: true, value: true })
  const failed = { state: 'failed', failure, virtualSize: 0n, size: 0n, sha256: null, blobId: null, updatedAt: now }
  expect(await rowOf(imageId)).toMatchObject({ ...failed, transfer: null })
  const blob = await db().blob.findUnique({ where: { id: place.ok ? place.value.blobId : '' } })
  expect(blob).toMatchObject({ state: 'removing', updatedAt: now })
  expect(await eventsOf(imageId)).toMatchObject([{ action: 'image.fail', regionId: here, details: failure }])
  expect(await jobsOf(imageId)).toEqual([{ task: 'discard-staged' }])
  expect(await writes.failTransfer(at, work, failure)).toEqual({ ok: true, value: false })
  expect(await eventsOf(imageId)).toHaveLength(1)
})

test('without its sender it fails, without its worker it is requeued, and neither before the lease ends', async () => {
  const { here, owner, at } = await tenant()
  const arriving = await image(owner, here, { state: 'importing' })
  await db().transfer.update({ where: { imageId: arriving }, data: { patienceMs: leaseMs } })
  const { imageId } = await worked(owner, here, 'copying')
  for (const id of [arriving, imageId]) expect(await writes.reapTransfer(at, id)).toEqual({ ok: true, value: false })
  await leasesAge(leaseMs + 1_000)
  for (const id of [arriving, imageId]) expect(await writes.reapTransfer(at, id)).toEqual({ ok: true, value: true })
  expect(await rowOf(arriving)).toMatchObject({ state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } })
  expect(await rowOf(imageId)).toMatchObject({ state: 'copying', transfer: { leaseHolder: null, patienceMs: queueMs } })
  expect(await jobsOf(imageId)).toEqual([{ task: 'copy-image' }])
  expect(await writes.reapTransfer(at, 'img-none')).toEqual({ ok: true, value: false })
  expect(await writes.reapTransfer(at, arriving)).toEqual({ ok: true, value: false })
})

test('a cancel removes image and bytes and is recorded; an ended transfer cannot be cancelled', async () => {
  const { here, owner, at } = await tenant()
  const { imageId, work } = await worked(owner, here)
  const place = await writes.claimPlace(at, work, disk)
  expect(await writes.cancelTransfer(at, { region: here, imageId })).toEqual({ ok: true, value: { imageId } })
  expect(await rowOf(imageId)).toBeNull()
  const blob = await db().blob.findUnique({ where: { id: place.ok ? place.value.blobId : '' } })
  expect(blob).toMatchObject({ state: 'removing', updatedAt: now })
  expect(await eventsOf(imageId)).toMatchObject([{ action: 'image.cancel', regionId: here }])
  expect(await jobsOf(imageId)).toEqual([{ task: 'discard-staged' }])
  const ended = await image(owner, here)
  const busy = { code: 'IMAGE_BUSY', state: 'available' }
  expect(await writes.cancelTransfer(at, { region: here, imageId: ended })).toEqual({ ok: false, refusal: busy })
  expect(await rowOf(ended)).not.toBeNull()
  expect(noon).not.toEqual(now)
})

test('another holder’s transfer cannot be begun, placed or settled, and for a missing one the state is deleted', async () => {
  const { here, owner, at } = await tenant()
  const { imageId } = await worked(owner, here)
  const next = { step: 'STORE', totalBytes: 1, promisedBytes: 1, reservedBytes: 0 } as const
  for (const [id, state] of [
    [imageId, 'importing'],
    ['img-none', 'deleted'],
  ] as const) {
    const busy = { ok: false, refusal: { code: 'IMAGE_BUSY', state } }
    const work = { imageId: id, holder: 'another' }
    expect(await writes.beginStep(at, work, next)).toEqual(busy)
    expect(await writes.claimPlace(at, work, disk)).toEqual(busy)
    expect(await writes.settleTransfer(at, work, disk)).toEqual(busy)
  }
})
