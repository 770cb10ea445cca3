import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { account, image, quota, race, region, type TestAccount, tally, whileLocked } from '@/lib/testing/builders'
import { queueMs } from '@/lib/transfers/rules'
import { cancelTransfer } from '@/lib/transfers/writes'
import { beginCopy, retryCopy } from './writes'

// What beginning and retrying a copy write and refuse. Bytes are tested in copies.db.test.ts.

const signedOut = { ok: false, refusal: { code: 'SIGNED_OUT' } }
const rowOf = async (id: string) => await db().image.findUniqueOrThrow({ where: { id }, include: { transfer: true } })
const eventsOf = async (imageId: string) => await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })
const jobsOf = async (imageId: string) =>
  await db().$queryRaw`SELECT task_identifier AS task FROM graphile_worker.jobs WHERE key = ${`copy-image ${imageId}`}`

async function tenant() {
  const [here, there, owner] = await Promise.all([region(), region(), account()])
  const ops = await account({ master: owner })
  return { here, there, owner, ops, imageId: await image(owner, here) }
}

const to = (here: string, imageId: string, there: string, name = 'copy-01') => ({
  region: here,
  imageId,
  targetRegion: there,
  name,
})

const disable = async ({ id }: TestAccount) =>
  await db().account.update({ where: { id }, data: { disabledAt: new Date(0) } })

/** A failed copy. */
async function failedCopy(owner: TestAccount, from: string, there: string): Promise<string> {
  const copy = await image(owner, there, { state: 'failed' })
  const source = await rowOf(from)
  const data = {
    source: 'COPY',
    copyOfId: from,
    copyOfRegionId: source.regionId,
    failure: { code: 'COPY_FAULT' },
  } as const
  await db().image.update({ where: { id: copy }, data })
  return copy
}

test('a copy takes over the description and properties of the disk, and waits in the queue with reserved space', async () => {
  const { here, there, owner, ops, imageId } = await tenant()
  const kept = {
    description: 'The web server.',
    operatingSystem: 'Debian 13',
    architecture: 'ARM64' as const,
    bootMode: 'UEFI' as const,
    minDiskGib: 40,
    minMemoryMib: 2048,
    virtualSize: 8192n,
    format: 'qcow2' as const,
    isNormalised: true,
    originName: 'web.vmdk',
    originFormat: 'vmdk' as const,
    originSize: 999n,
    originSha256: 'c'.repeat(64),
  }
  await db().image.update({ where: { id: imageId }, data: { ...kept, size: 1024n } })
  const begun = await beginCopy(ops.ctx, to(here, imageId, there))
  const copy = begun.ok ? begun.value.imageId : ''
  expect(begun).toEqual({ ok: true, value: { region: there, imageId: copy } })
  const own = { ownerId: owner.id, regionId: there, name: 'copy-01', copyOfId: imageId, copyOfRegionId: here }
  const waits = { kind: 'COPY', step: 'STORE', leaseHolder: null, patienceMs: queueMs, totalBytes: 1024n }
  const row = await rowOf(copy)
  expect(row).toMatchObject({ ...kept, ...own, source: 'COPY', state: 'copying', blobId: null, sha256: null })
  expect(row.transfer).toMatchObject({ ...waits, doneBytes: 0n, promisedBytes: 1024n, reservedBytes: 1024n })
  expect([row.createdAt, row.updatedAt]).toEqual([ops.ctx.now, ops.ctx.now])
  expect(await jobsOf(copy)).toEqual([{ task: 'copy-image' }])
  const by = { actorId: ops.id, ownerId: owner.id, action: 'image.copy' }
  expect(await eventsOf(copy)).toMatchObject([{ ...by, regionId: there, details: { from: imageId, fromRegion: here } }])
  expect(await eventsOf(imageId)).toMatchObject([{ ...by, regionId: here, details: { to: copy, toRegion: there } }])
})

test('a disabled account, owner or sub-account, can neither begin nor retry', async () => {
  for (const who of ['owner', 'ops'] as const) {
    const made = await tenant()
    const failed = await failedCopy(made.owner, made.imageId, made.there)
    await disable(made[who])
    expect(await beginCopy(made[who].ctx, to(made.here, made.imageId, made.there))).toEqual(signedOut)
    expect(await retryCopy(made[who].ctx, { region: made.there, imageId: failed })).toEqual(signedOut)
    expect(await db().image.count({ where: { ownerId: made.owner.id } })).toBe(2)
    expect(await rowOf(failed)).toMatchObject({ state: 'failed', transfer: null })
  }
})

test('one idempotency key makes one copy, however often it is sent', async () => {
  const { here, there, owner, imageId } = await tenant()
  const ctx = { ...owner.ctx, idempotencyKey: 'the same form, sent twice' }
  const results = await race(5, () => beginCopy(ctx, to(here, imageId, there)))
  expect(tally(results)).toEqual({ ok: 5 })
  expect(await db().image.count({ where: { ownerId: owner.id, regionId: there } })).toBe(1)
})

test('begins only if its bytes fit in the quota of the other region', async () => {
  const { here, there, owner, imageId } = await tenant()
  await db().image.update({ where: { id: imageId }, data: { size: 1024n } })
  await quota(owner, there, 2, 1023)
  const full = { code: 'BYTES_QUOTA_FULL', used: 0, quota: 1023, asked: 1024, region: there }
  expect(await beginCopy(owner.ctx, to(here, imageId, there))).toEqual({ ok: false, refusal: full })
  await quota(owner, there, 2, 1024)
  const failed = await failedCopy(owner, imageId, there)
  expect(tally([await beginCopy(owner.ctx, to(here, imageId, there))])).toEqual({ ok: 1 })
  expect(await retryCopy(owner.ctx, { region: there, imageId: failed })).toEqual({
    ok: false,
    refusal: { ...full, used: 1024, quota: 1024 },
  })
})

test('a retried copy takes its quota place and space again, and loses its failure', async () => {
  const { here, there, owner, imageId } = await tenant()
  await db().image.update({ where: { id: imageId }, data: { size: 1024n } })
  const failed = await failedCopy(owner, imageId, there)
  const later = owner.at(new Date(owner.ctx.now.getTime() + 1000))
  expect(await retryCopy(later, { region: there, imageId: failed })).toEqual({ ok: true, value: { imageId: failed } })
  const row = await rowOf(failed)
  expect(row).toMatchObject({ state: 'copying', failure: null, updatedAt: later.now })
  const waits = { kind: 'COPY', step: 'STORE', leaseHolder: null, patienceMs: queueMs }
  expect(row.transfer).toMatchObject({ ...waits, totalBytes: 1024n, promisedBytes: 1024n, reservedBytes: 1024n })
  expect(await jobsOf(failed)).toEqual([{ task: 'copy-image' }])
  expect(await eventsOf(failed)).toMatchObject([{ action: 'image.copy', regionId: there, details: { from: imageId } }])
  expect(await db().event.count({ where: { imageId } })).toBe(0)
  expect(here).not.toBe(there)
})

test('a retry is refused if the source is deleted or being deleted, with its state', async () => {
  const { here, there, owner } = await tenant()
  for (const state of ['deleted', 'deleting', 'failed', 'importing'] as const) {
    const failed = await failedCopy(owner, await image(owner, here, { state }), there)
    const refusal = { code: 'IMAGE_NOT_AVAILABLE', state }
    expect(await retryCopy(owner.ctx, { region: there, imageId: failed })).toEqual({ ok: false, refusal })
    expect(await rowOf(failed)).toMatchObject({ state: 'failed', transfer: null })
  }
  const source = await image(owner, here, { state: 'failed' })
  const failed = await failedCopy(owner, source, there)
  await db().image.delete({ where: { id: source } })
  const gone = await retryCopy(owner.ctx, { region: there, imageId: failed })
  expect(gone).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_AVAILABLE', state: 'deleted' } })
  expect(await rowOf(failed)).toMatchObject({ state: 'failed', transfer: null })
})

test('cannot be cancelled or retried under the URL of another region', async () => {
  const { here, there, owner, imageId } = await tenant()
  const failed = await failedCopy(owner, imageId, there)
  const running = await image(owner, there, { state: 'copying' })
  const mismatch = (id: string) => ({
    ok: false,
    refusal: { code: 'REGION_MISMATCH', imageId: id, imageRegion: there, region: here },
  })
  expect(await retryCopy(owner.ctx, { region: here, imageId: failed })).toEqual(mismatch(failed))
  expect(await cancelTransfer(owner.ctx, { region: here, imageId: running })).toEqual(mismatch(running))
  expect(await rowOf(failed)).toMatchObject({ state: 'failed' })
  expect(await rowOf(running)).toMatchObject({ state: 'copying' })
})

test('a failed import cannot be retried as a copy', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const failed = await image(owner, here, { state: 'failed' })
  const busy = { ok: false, refusal: { code: 'IMAGE_BUSY', state: 'failed' } }
  expect(await retryCopy(owner.ctx, { region: here, imageId: failed })).toEqual(busy)
  expect(await rowOf(failed)).toMatchObject({ state: 'failed', transfer: null })
})

test('a missing image can be neither copied nor retried', async () => {
  const { here, there, owner } = await tenant()
  const missing = { ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } }
  expect(await beginCopy(owner.ctx, to(here, 'img-none', there))).toEqual(missing)
  expect(await retryCopy(owner.ctx, { region: here, imageId: 'img-none' })).toEqual(missing)
})

test('a copy needs an available source and another existing region', async () => {
  const { here, there, owner, imageId } = await tenant()
  const failed = await image(owner, here, { state: 'failed' })
  const begin = async (id: string, target: string) => await beginCopy(owner.ctx, to(here, id, target))
  const notAvailable = { code: 'IMAGE_NOT_AVAILABLE', state: 'failed' }
  expect(await begin(failed, there)).toEqual({ ok: false, refusal: notAvailable })
  const sameRegion = { code: 'INVALID_INPUT', field: 'targetRegion', problem: 'same-region' }
  expect(await begin(imageId, here)).toEqual({ ok: false, refusal: sameRegion })
  expect(await begin(imageId, 'xx-nowhere')).toEqual({ ok: false, refusal: { code: 'REGION_NOT_FOUND' } })
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(2)
})

test('a copy that has not failed cannot be retried', async () => {
  const { here, there, owner, imageId } = await tenant()
  const copy = await image(owner, there)
  const data = { source: 'COPY', copyOfId: imageId, copyOfRegionId: here } as const
  await db().image.update({ where: { id: copy }, data })
  const busy = { ok: false, refusal: { code: 'IMAGE_BUSY', state: 'available' } }
  expect(await retryCopy(owner.ctx, { region: there, imageId: copy })).toEqual(busy)
})

test('a retry waits for the lock of the source, and sees its new state', async () => {
  const { there, owner, imageId } = await tenant()
  const failed = await failedCopy(owner, imageId, there)
  const answer = await whileLocked(
    [imageId],
    () => retryCopy(owner.ctx, { region: there, imageId: failed }),
    async (tx) => await tx.image.update({ where: { id: imageId }, data: { state: 'deleted', deletedAt: new Date(0) } }),
  )
  expect(answer).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_AVAILABLE', state: 'deleted' } })
})
