import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { type LockedImage, lockImages } from '@/lib/db/locks'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { ok } from '@/lib/result'
import {
  account,
  image,
  later,
  minutes,
  noon,
  region,
  somebodyWaits,
  type TestAccount,
  whileLocked,
} from '@/lib/testing/builders'
import { checkedContent } from '@/lib/testing/builders-checks'
import * as writes from './writes'

// Which blob an image refers to; only rows are checked. The bytes are checked in content.db.test.ts.

const disk = { sha256: 'a'.repeat(64), size: 1024, format: 'qcow2', virtualSize: 4096 } as const
const other = { ...disk, sha256: 'b'.repeat(64) }
const now = later(minutes(1))

/** Runs on an image under its lock. */
async function on<T>(imageId: string, run: (tx: Transaction, locked: LockedImage) => Promise<T>): Promise<T> {
  const result = await inTransaction(async (tx) => {
    const locked = (await lockImages(tx, [], { ids: [imageId], ownerId: null })).images.get(imageId)
    if (!locked) throw new Error('There is no such image.')
    return ok(await run(tx, locked))
  })
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value
}

const refer = async (imageId: string, content: typeof disk | typeof other) =>
  await on(imageId, (tx, locked) => writes.attachBlob(tx, locked, content, now))
const commitBlob = async (imageId: string, content: Parameters<typeof writes.commitBlob>[2]) =>
  await on(imageId, (tx, locked) => writes.commitBlob(tx, locked, content, now))
const releaseBlob = async (imageId: string) => await on(imageId, (tx, locked) => writes.releaseBlob(tx, locked, now))
const importing = async (owner: TestAccount, here: string) => await image(owner, here, { state: 'importing' })
const blobOf = async (imageId: string) => (await db().image.findUniqueOrThrow({ where: { id: imageId } })).blobId
const stateOf = async (id: string) => (await db().blob.findUnique({ where: { id } }))?.state
const jobsOf = async (blobId: string) =>
  await db().$queryRaw`SELECT task_identifier AS task FROM graphile_worker.jobs WHERE key = ${`remove-blob ${blobId}`}`

test('new content gets a blob to be written, and a repeated call the same one', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await importing(owner, here)
  const place = await refer(imageId, disk)
  expect(place.blobId).toMatch(/^blb-/)
  expect(place).toEqual({ blobId: place.blobId, key: `${disk.sha256}.${place.blobId}`, isThere: false })
  const row = await db().blob.findUnique({ where: { id: place.blobId } })
  expect(row).toMatchObject({ ...disk, size: 1024n, virtualSize: 4096n, regionId: here, state: 'writing' })
  expect([row?.createdAt, row?.updatedAt]).toEqual([now, now])
  expect(await blobOf(imageId)).toBe(place.blobId)
  expect(await refer(imageId, disk)).toEqual(place)
  expect(await stateOf(place.blobId)).toBe('writing')
})

test('a ready blob in the region is reused, but not one being written or in another region', async () => {
  const [here, there, owner] = await Promise.all([region(), region(), account()])
  const [first, second, third, elsewhere] = [
    await importing(owner, here),
    await importing(owner, here),
    await importing(owner, here),
    await importing(owner, there),
  ]
  const writing = await refer(first, disk)
  const own = await refer(second, disk)
  expect(own.blobId).not.toBe(writing.blobId)
  await commitBlob(first, disk)
  expect(await stateOf(writing.blobId)).toBe('ready')
  expect(await refer(third, disk)).toEqual({ ...writing, isThere: true })
  expect((await refer(elsewhere, disk)).blobId).not.toBe(writing.blobId)
  // The second import was slower: it takes the existing blob, and its own is removed.
  expect(await commitBlob(second, disk)).toEqual(disk)
  expect(await blobOf(second)).toBe(writing.blobId)
  expect(await stateOf(own.blobId)).toBe('removing')
  expect(await jobsOf(own.blobId)).toEqual([{ task: 'remove-blob' }])
})

test('an image whose content turns out different releases its first blob', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await importing(owner, here)
  const first = await refer(imageId, disk)
  const second = await refer(imageId, other)
  expect(second.blobId).not.toBe(first.blobId)
  expect([await stateOf(first.blobId), await stateOf(second.blobId)]).toEqual(['removing', 'writing'])
})

test('committed bytes are ready, with their layout if it is known', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const [one, two] = [await importing(owner, here), await importing(owner, here)]
  const layout = { bootMode: 'UEFI' } as unknown as NonNullable<writes.Brought['layout']>
  await db().blob.update({ where: { id: (await refer(one, disk)).blobId }, data: { updatedAt: noon } })
  await commitBlob(one, { ...disk, layout })
  await commitBlob(two, other)
  const [blob, plain] = [await blobOf(one), await blobOf(two)]
  const row = async (id: string | null) => await db().blob.findUniqueOrThrow({ where: { id: id ?? '' } })
  expect(await row(blob)).toMatchObject({ state: 'ready', updatedAt: now, layout: { bootMode: 'UEFI' } })
  expect(await row(plain)).toMatchObject({ state: 'ready', layout: null })
  await writes.noteLayout('blb-none', layout)
  expect(await row(plain)).toMatchObject({ layout: null })
  await writes.noteLayout(plain ?? '', layout)
  expect(await row(plain)).toMatchObject({ layout: { bootMode: 'UEFI' } })
})

test('bytes are removed with their last image, and an image without bytes removes none', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const [one, two] = [await importing(owner, here), await importing(owner, here)]
  for (const id of [one, two]) await commitBlob(id, disk)
  const blobId = (await blobOf(one)) ?? ''
  const isLast = async (id: string) => await on(id, writes.isLastHolder)
  expect([await isLast(one), await isLast(two)]).toEqual([false, false])
  await releaseBlob(one)
  expect([await blobOf(one), await stateOf(blobId)]).toEqual([null, 'ready'])
  expect([await isLast(one), await isLast(two)]).toEqual([false, true])
  await releaseBlob(one)
  expect(await stateOf(blobId)).toBe('ready')
  await releaseBlob(two)
  expect(await db().blob.findUnique({ where: { id: blobId } })).toMatchObject({ state: 'removing', updatedAt: now })
  expect(await jobsOf(blobId)).toEqual([{ task: 'remove-blob' }])
})

test('an image that is being deleted holds no bytes', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const [going, last] = [await importing(owner, here), await importing(owner, here)]
  for (const id of [going, last]) await commitBlob(id, disk)
  await db().transfer.deleteMany({ where: { imageId: going } })
  await db().image.update({ where: { id: going }, data: { state: 'deleting' } })
  expect(await on(last, writes.isLastHolder)).toBe(true)
})

test('only a blob in removal is deleted, with the images that waited for it and no others', async () => {
  const [here, owner, stranger] = await Promise.all([region(), account(), account()])
  const images = [await importing(owner, here), await importing(stranger, here), await importing(owner, here)] as const
  for (const id of images) await commitBlob(id, disk)
  const blobId = (await blobOf(images[0])) ?? ''
  await writes.forgetBlob(blobId)
  expect(await stateOf(blobId)).toBe('ready')
  await db().transfer.deleteMany({ where: { imageId: { in: [images[0], images[1]] } } })
  await db().image.updateMany({ where: { id: { in: [images[0], images[1]] } }, data: { state: 'deleting' } })
  await releaseBlob(images[2])
  expect(await stateOf(blobId)).toBe('removing')
  await writes.forgetBlob(blobId)
  expect(await stateOf(blobId)).toBeUndefined()
  expect((await db().image.findMany({ where: { id: { in: [...images] } } })).map(({ id }) => id)).toEqual([images[2]])
})

test('deleting an image that waits for the removal of its bytes waits for its account’s lock', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await importing(owner, here)
  await commitBlob(imageId, disk)
  const blobId = (await blobOf(imageId)) ?? ''
  await db().transfer.deleteMany({ where: { imageId } })
  await db().image.update({ where: { id: imageId }, data: { state: 'deleting' } })
  await db().blob.update({ where: { id: blobId }, data: { state: 'removing' } })
  await whileLocked(
    [owner.id],
    () => writes.forgetBlob(blobId),
    async () => expect(await stateOf(blobId)).toBe('removing'),
  )
  expect([await stateOf(blobId), await db().image.count({ where: { id: imageId } })]).toEqual([undefined, 0])
})

test('ready bytes stay unchanged when another image is attached', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const [one, two] = [await importing(owner, here), await importing(owner, here)]
  await commitBlob(one, disk)
  await on(two, (tx, locked) => writes.commitBlob(tx, locked, disk, later(minutes(2))))
  expect(await blobOf(two)).toBe(await blobOf(one))
  expect(await db().blob.findUnique({ where: { id: (await blobOf(one)) ?? '' } })).toMatchObject({ updatedAt: now })
})

test("releasing bytes and finding the last holder wait for the blob's lock", async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const images = [await importing(owner, here), await importing(owner, here)] as const
  for (const id of images) await commitBlob(id, disk)
  const blobId = (await blobOf(images[0])) ?? ''
  const releaseBytes = async (tx: Transaction) => await writes.releaseBytes(tx, { blobId, regionId: here }, now)
  for (const run of [writes.isLastHolder, releaseBytes, writes.releaseBlob] as const) {
    let isDone = false
    let running: Promise<unknown> | undefined
    await inTransaction(async (tx) => {
      await tx.$queryRaw`SELECT id FROM "Blob" WHERE id = ${blobId} FOR NO KEY UPDATE`
      running = on(images[0], async (other, locked) => await run(other, locked, now)).finally(() => {
        isDone = true
      })
      await somebodyWaits()
      expect(isDone).toBe(false)
      return ok(null)
    })
    await running
  }
  expect(await stateOf(blobId)).toBe('ready')
})

test('bytes released by a row are removed if no other row holds them', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await importing(owner, here)
  await commitBlob(imageId, disk)
  const blobId = (await blobOf(imageId)) ?? ''
  const release = async () =>
    await inTransaction(async (tx) => ok(await writes.releaseBytes(tx, { blobId, regionId: here }, now)))
  await release()
  expect(await stateOf(blobId)).toBe('ready')
  await db().image.update({ where: { id: imageId }, data: { blobId: null } })
  await release()
  expect([await stateOf(blobId), await jobsOf(blobId)]).toEqual(['removing', [{ task: 'remove-blob' }]])
})

test('new bytes are checked by a job, and an existing verdict stays', async () => {
  const sha256 = 'c'.repeat(64)
  const ask = async () => await inTransaction(async (tx) => ok(await writes.checkLater(tx, sha256, now)))
  const check = async () => await db().check.findUnique({ where: { sha256 } })
  await ask()
  expect(await check()).toMatchObject({ state: 'running', isQueued: true, createdAt: now })
  const jobs = await db()
    .$queryRaw`SELECT task_identifier AS task FROM graphile_worker.jobs WHERE key LIKE ${`%${sha256}`}`
  expect(jobs).toEqual([{ task: 'check-disk' }])
  await checkedContent(sha256)
  await ask()
  expect(await check()).toMatchObject({ state: 'clean' })
})
