import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { account, image, inMotion, later, minutes, noon, quota, race, region, tally } from '@/lib/testing/builders'
import { leaseMs, queueMs } from '@/lib/transfers/rules'
import { beginImport, endReceiving, noteOrigin } from './writes'

// What an import writes while it receives its file.

const refused = (refusal: object) => ({ ok: false, refusal })
const rowOf = async (id: string) => await db().image.findUniqueOrThrow({ where: { id }, include: { transfer: true } })
const jobsOf = async (imageId: string) =>
  await db()
    .$queryRaw`SELECT task_identifier AS task FROM graphile_worker.jobs WHERE key = ${`finish-import ${imageId}`}`
const input = (here: string) => ({ region: here, name: 'web-01', operatingSystem: 'Debian 12' })
const received = { size: 2048, sha256: 'b'.repeat(64), claimedSha256: 'c'.repeat(64) }

test('an import has its name, file and reserved space from the start, and waits for bytes', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const ops = await account({ master: owner })
  const arrival = { fileName: 'web.vmdk', size: 1024, patienceMs: 5_000, holder: 'a sender' }
  const begun = await beginImport(ops.ctx, input(here), arrival)
  const imageId = begun.ok ? begun.value.imageId : ''
  expect(begun).toEqual({ ok: true, value: { imageId } })
  const row = await rowOf(imageId)
  const own = { ownerId: owner.id, regionId: here, name: 'web-01', operatingSystem: 'Debian 12', source: 'IMPORT' }
  expect(row).toMatchObject({ ...own, state: 'importing', originName: 'web.vmdk', createdAt: noon, updatedAt: noon })
  const room = { totalBytes: 1024n, promisedBytes: 1024n, reservedBytes: 1024n, doneBytes: 0n }
  expect(row.transfer).toMatchObject({
    kind: 'IMPORT',
    step: 'RECEIVE',
    leaseHolder: 'a sender',
    patienceMs: 5_000,
    ...room,
  })
  expect(await db().event.findMany({ where: { imageId } })).toMatchObject([
    { action: 'image.import', regionId: here, imageName: 'web-01', ownerId: owner.id, actorId: ops.id },
  ])
})

test('a file of unknown size reserves no space, and its sender has a minute', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1, 0)
  const begun = await beginImport(owner.ctx, input(here))
  const { transfer, originName } = await rowOf(begun.ok ? begun.value.imageId : '')
  const room = { totalBytes: 0n, promisedBytes: 0n, reservedBytes: 0n }
  expect(transfer).toMatchObject({ leaseHolder: null, patienceMs: leaseMs, ...room })
  expect(originName).toBeNull()
})

test('one idempotency key begins one import, and a disabled account, owner or sub-account, none', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const ops = await account({ master: owner })
  const results = await race(4, () => beginImport({ ...owner.ctx, idempotencyKey: `form of ${owner.id}` }, input(here)))
  expect(tally(results)).toEqual({ ok: 4 })
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(1)
  await db().account.update({ where: { id: ops.id }, data: { disabledAt: noon } })
  expect(await beginImport(ops.ctx, input(here))).toEqual(refused({ code: 'SIGNED_OUT' }))
  await db().account.updateMany({ where: { id: owner.id }, data: { disabledAt: noon } })
  expect(await beginImport(owner.ctx, input(here))).toEqual(refused({ code: 'SIGNED_OUT' }))
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(1)
})

test('more bytes than the quota are refused before the first one', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 5, 1024)
  const arrival = { size: 1025, patienceMs: leaseMs }
  const full = { code: 'BYTES_QUOTA_FULL', used: 0, quota: 1024, asked: 1025, region: here }
  expect(await beginImport(owner.ctx, input(here), arrival)).toEqual(refused(full))
  expect(await beginImport(owner.ctx, input(here), { ...arrival, size: 1024 })).toMatchObject({ ok: true })
})

test('a complete file is recorded; without a lease holder a job continues, otherwise the holder', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  for (const holder of [null, 'a sender']) {
    const arrival = { size: 4096, patienceMs: 5_000, ...(holder ? { holder } : {}) }
    const begun = await beginImport(owner.ctx, input(here), arrival)
    const imageId = begun.ok ? begun.value.imageId : ''
    await db().transfer.update({ where: { imageId }, data: { doneBytes: 100 } })
    const at = owner.at(later(minutes(1)))
    expect(await endReceiving(at, { imageId, holder }, received)).toEqual({ ok: true, value: { imageId } })
    const row = await rowOf(imageId)
    const came = { originSize: 2048n, originSha256: received.sha256, claimedSha256: received.claimedSha256 }
    expect(row).toMatchObject({ ...came, state: 'importing', updatedAt: later(minutes(1)) })
    const room = { doneBytes: 0n, totalBytes: 2048n, promisedBytes: 2048n, reservedBytes: 0n }
    expect(row.transfer).toMatchObject({
      step: 'CHECK',
      leaseHolder: holder,
      patienceMs: holder ? leaseMs : queueMs,
      ...room,
    })
    expect(await jobsOf(imageId)).toEqual(holder ? [] : [{ task: 'finish-import' }])
    // A repeated call, as after a lost response, changes nothing.
    const again = await endReceiving(owner.ctx, { imageId, holder }, { ...received, size: 1 })
    expect(again).toEqual({ ok: true, value: { imageId } })
    expect((await rowOf(imageId)).originSize).toBe(2048n)
  }
})

test("no arrival is recorded for another holder's import, a copy or an ended import", async () => {
  const [here, owner, stranger] = await Promise.all([region(), account(), account()])
  const begun = await beginImport(owner.ctx, input(here), { patienceMs: leaseMs, holder: 'a sender' })
  const imageId = begun.ok ? begun.value.imageId : ''
  const end = async (id: string, holder: string | null, who = owner) =>
    await endReceiving(who.ctx, { imageId: id, holder }, received)
  for (const holder of [null, 'another'])
    expect(await end(imageId, holder)).toEqual(refused({ code: 'IMAGE_BUSY', state: 'importing' }))
  expect(await end(imageId, 'a sender', stranger)).toEqual(refused({ code: 'IMAGE_NOT_FOUND' }))
  const copy = await image(owner, here, { state: 'copying' })
  expect(await end(copy, null)).toEqual(refused({ code: 'IMAGE_BUSY', state: 'copying' }))
  expect(inMotion('copying')).toBeDefined()
  const ended = await image(owner, here)
  expect(await end(ended, null)).toEqual(refused({ code: 'IMAGE_BUSY', state: 'available' }))
  expect((await rowOf(imageId)).originSize).toBeNull()
})

test('the format of a file is recorded as long as the import runs', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const [running, other, ended] = await Promise.all([
    image(owner, here, { state: 'importing' }),
    image(owner, here, { state: 'importing' }),
    image(owner, here),
  ])
  for (const id of [running, ended]) await noteOrigin(id, { format: 'vmdk', sha256: 'd'.repeat(64) })
  expect(await rowOf(running)).toMatchObject({ originFormat: 'vmdk', originSha256: 'd'.repeat(64) })
  for (const id of [other, ended]) expect(await rowOf(id)).toMatchObject({ originFormat: null, originSha256: null })
})
