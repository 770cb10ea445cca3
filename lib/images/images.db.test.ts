import { describe, expect, it, test } from 'vitest'
import { beginCopy } from '@/lib/copies/writes'
import { db } from '@/lib/db/client'
import { beginImport } from '@/lib/imports/writes'
import { shareImage } from '@/lib/shares/writes'
import { cancelShare } from '@/lib/shares/writes-end'
import { removeBlob } from '@/lib/tasks/remove-blob'
import { sweepImages } from '@/lib/tasks/sweep-images'
import {
  account,
  accounts,
  held,
  image,
  later,
  minutes,
  noon,
  nth,
  quota,
  race,
  region,
  tally,
} from '@/lib/testing/builders'
import { getImage, listCustomImages } from './reads'
import { failedKeptMs, removalPatienceMs } from './rules'
import { customImageParams } from './schema'
import { deleteImage, emptyRecycleBin, purgeImage, restoreImage, updateImage } from './writes'

process.env.ECS_DATABASE_POOL = '20'

const importing = (region: string) => ({ region, name: 'web-01', operatingSystem: 'Debian 12' })
const deleting = (region: string, imageId: string, typedName: string | null = null) => ({
  region,
  imageId,
  cancelShares: typedName !== null,
  typedName,
})
const listOf = (region: string, state?: string) => customImageParams.parse({ region, state })
const rowOf = async (id: string) => await db().image.findUnique({ where: { id } })
const eventsOf = async (imageId: string) =>
  (await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })).map((event) => event.action)

test('a failed image is deleted after 7 days and no earlier', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here, { state: 'failed' })
  await sweepImages(later(failedKeptMs))
  expect(await rowOf(imageId)).not.toBeNull()
  await sweepImages(later(failedKeptMs + 1))
  expect(await rowOf(imageId)).toBeNull()
})

const inBin = (region: string, imageId: string) => ({ region, imageId })
const blobOf = async (imageId: string) => (await rowOf(imageId))?.blobId ?? ''
const dayMs = 24 * 60 * minutes(1)

describe('the recycle bin', () => {
  it('takes a deleted image out of use, keeps its quota place, and restores it unchanged', async () => {
    const [here, owner, other] = await Promise.all([region(), account(), account()])
    await quota(owner, here, 1)
    const imageId = await image(owner, here)
    const before = await rowOf(imageId)
    expect(await deleteImage(owner.ctx, deleting(here, imageId))).toMatchObject({ ok: true, value: { imageId } })
    expect(await rowOf(imageId)).toMatchObject({ state: 'deleted', deletedAt: noon, blobId: before?.blobId })
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
    const share = { region: here, imageId, usernames: [other.username], note: '' }
    expect(await shareImage(owner.ctx, share)).toMatchObject({ refusal: { code: 'IMAGE_NOT_AVAILABLE' } })
    const copy = { region: here, imageId, targetRegion: await region(), name: 'copy' }
    expect(await beginCopy(owner.ctx, copy)).toMatchObject({ refusal: { code: 'IMAGE_NOT_AVAILABLE' } })
    expect(await listCustomImages(owner.ctx, listOf(here))).toMatchObject({ items: [], binned: 1 })
    const bin = await listCustomImages(owner.ctx, listOf(here, 'deleted'))
    expect(bin.items).toMatchObject([{ id: imageId, state: 'deleted' }])
    expect(await restoreImage(owner.ctx, inBin(here, imageId))).toEqual({ ok: true, value: { imageId } })
    expect(await rowOf(imageId)).toEqual({ ...before, updatedAt: noon })
    expect(await eventsOf(imageId)).toEqual(['image.delete', 'image.restore'])
  })

  it('removes an image after 7 days and no earlier', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    await deleteImage(owner.ctx, deleting(here, imageId))
    await sweepImages(later(7 * dayMs - 1))
    expect(await rowOf(imageId)).toMatchObject({ state: 'deleted' })
    await sweepImages(later(7 * dayMs))
    expect(await rowOf(imageId)).toMatchObject({ state: 'deleting' })
    expect(await eventsOf(imageId)).toEqual(['image.delete', 'image.purge'])
  })

  it('restores an image or removes it, never both: of 12 attempts at once one wins', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    for (let round = 0; round < 5; round++) {
      const imageId = await image(owner, here, { state: 'deleted' })
      const results = await race(12, (index) =>
        index % 2 ? restoreImage(owner.ctx, inBin(here, imageId)) : purgeImage(owner.ctx, inBin(here, imageId)),
      )
      expect(tally(results)).toEqual({ ok: 1, IMAGE_BUSY: 11 })
      const isBack = results.findIndex((result) => result.ok) % 2 === 1
      expect(await rowOf(imageId)).toMatchObject({ state: isBack ? 'available' : 'deleting' })
    }
  })

  it("is emptied of the images that were shown: later ones, other owners' and other regions' stay", async () => {
    const [here, there, owner, stranger] = await Promise.all([region(), region(), account(), account()])
    const seen = await Promise.all(Array.from({ length: 3 }, () => image(owner, here, { state: 'deleted' })))
    const stay = await Promise.all([
      image(owner, there, { state: 'deleted' }),
      image(stranger, here, { state: 'deleted' }),
      image(owner, here),
    ])
    const { binnedUntil } = await listCustomImages(owner.ctx, listOf(here, 'deleted'))
    const late = await image(owner, here)
    await deleteImage({ ...owner.ctx, now: later(minutes(1)) }, deleting(here, late))
    const emptying = { region: here, deletedUntil: new Date(binnedUntil ?? '') }
    const results = await race(4, () => emptyRecycleBin(owner.ctx, emptying))
    expect(results.map((result) => result.ok)).toEqual([true, true, true, true])
    for (const id of seen) expect(await rowOf(id)).toMatchObject({ state: 'deleting' })
    expect(results.reduce((sum, result) => sum + (result.ok ? result.value.purged : 0), 0)).toBe(seen.length)
    for (const id of stay) expect((await rowOf(id))?.state).not.toBe('deleting')
    expect(await rowOf(late)).toMatchObject({ state: 'deleted' })
  })

  it('lists when each image came and when it will be removed', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    await deleteImage(owner.ctx, deleting(here, imageId))
    const { items } = await listCustomImages(owner.ctx, listOf(here, 'deleted'))
    expect(items).toMatchObject([{ deletedAt: noon.toISOString(), purgedAt: later(7 * dayMs).toISOString() }])
  })

  it("holds only its owner's images of its own region", async () => {
    const [here, there, owner, stranger] = await Promise.all([region(), region(), account(), account()])
    const imageId = await image(owner, here, { state: 'deleted' })
    for (const run of [restoreImage, purgeImage]) {
      expect(await run(stranger.ctx, inBin(here, imageId))).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } })
      expect(await run(owner.ctx, inBin(there, imageId))).toMatchObject({ refusal: { code: 'REGION_MISMATCH' } })
    }
    expect(await rowOf(imageId)).toMatchObject({ state: 'deleted' })
  })
})

describe('deleting an image for good', () => {
  it('after its days spares an image that was restored and deleted again meanwhile', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here, { state: 'deleted' })
    await restoreImage(owner.ctx, inBin(here, imageId))
    await deleteImage(owner.at(later(minutes(1))), deleting(here, imageId))
    const isOver = { region: null, imageId, deletedUntil: noon }
    expect(await purgeImage(owner.ctx, isOver)).toEqual({
      ok: false,
      refusal: { code: 'IMAGE_BUSY', state: 'deleted' },
    })
    expect(await purgeImage(owner.ctx, { ...isOver, deletedUntil: later(minutes(1)) })).toMatchObject({ ok: true })
  })

  it('frees its quota place when the job has removed the bytes', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    await quota(owner, here, 1)
    const imageId = await image(owner, here, { state: 'deleted' })
    const blobId = await blobOf(imageId)
    expect(await purgeImage(owner.ctx, inBin(here, imageId))).toEqual({ ok: true, value: { imageId } })
    const key = `remove-blob ${blobId}`
    const jobs = await db().$queryRaw`SELECT task_identifier AS task FROM graphile_worker.jobs WHERE key = ${key}`
    expect(jobs).toEqual([{ task: 'remove-blob' }])
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
    expect(tally([await deleteImage(owner.ctx, deleting(here, imageId))])).toEqual({ IMAGE_BUSY: 1 })
    await removeBlob({ blobId })
    await removeBlob({ blobId })
    expect(await rowOf(imageId)).toBeNull()
    expect(await db().blob.count({ where: { id: blobId } })).toBe(0)
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
  })

  it('is repeated by the sweep if its job was lost, after a minute', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here, { state: 'deleted' })
    await purgeImage(owner.ctx, inBin(here, imageId))
    await sweepImages(later(removalPatienceMs))
    expect(await rowOf(imageId)).toMatchObject({ state: 'deleting' })
    await sweepImages(later(removalPatienceMs + 1))
    expect(await rowOf(imageId)).toBeNull()
  })
})

describe('deleting an image', () => {
  it('happens once, however often it is requested', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    const results = await race(10, () => deleteImage(owner.ctx, deleting(here, imageId)))
    expect(tally(results)).toEqual({ ok: 1, IMAGE_BUSY: 9 })
    expect(await eventsOf(imageId)).toEqual(['image.delete'])
  })

  it('removes a failed image at once', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here, { state: 'failed' })
    expect(await deleteImage(owner.ctx, deleting(here, imageId))).toMatchObject({ ok: true })
    expect(await rowOf(imageId)).toBeNull()
  })

  it('is refused while it is shared; with the name typed all its shares end in the same step', async () => {
    const [here, owner, recipients] = await Promise.all([region(), account(), accounts(3)])
    const imageId = await image(owner, here, { name: 'Café (1)' })
    for (const recipient of recipients) await held(imageId, recipient)
    await quota(nth(recipients, 0), here, 1)
    const answer = async (typedName: string | null) => await deleteImage(owner.ctx, deleting(here, imageId, typedName))
    expect(await answer(null)).toEqual({ ok: false, refusal: { code: 'IMAGE_IS_SHARED', recipients: 3 } })
    expect(await answer('Cafe (1)')).toEqual({ ok: false, refusal: { code: 'IMAGE_NAME_MISMATCH' } })
    expect(await db().share.count({ where: { imageId } })).toBe(3)
    expect(await answer('Cafe\u0301 (1)')).toMatchObject({ ok: true })
    expect(await db().share.count({ where: { imageId } })).toBe(0)
    expect(await eventsOf(imageId)).toEqual(['share.cancel', 'share.cancel', 'share.cancel', 'image.delete'])
    expect(await beginImport(nth(recipients, 0).ctx, importing(here))).toMatchObject({ ok: true })
  })
})

test('a new name and description are shown to the owner, the name to recipients too, and both names are recorded', async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const imageId = await image(owner, here)
  await held(imageId, recipient)
  const input = { region: here, imageId, name: 'web-02', description: 'two\nlines' }
  expect(await updateImage(owner.at(later(minutes(1))), input)).toEqual({ ok: true, value: { imageId } })
  const mine = await getImage(owner.ctx, { region: here, imageId })
  expect(mine).toMatchObject({ view: 'owner', name: 'web-02', description: 'two\nlines' })
  const theirs = await getImage(recipient.ctx, { region: here, imageId })
  expect(theirs).toMatchObject({ view: 'recipient', name: 'web-02' })
  expect(theirs).not.toHaveProperty('description')
  const event = await db().event.findFirstOrThrow({ where: { imageId } })
  expect(event).toMatchObject({
    action: 'image.update',
    imageName: 'web-02',
    details: { before: { name: 'web-01' }, after: { name: 'web-02' } },
  })
})

test("the owner can change or clear the machine requirements, never below the disk's size", async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here)
  await db().image.update({ where: { id: imageId }, data: { virtualSize: 20n * 2n ** 30n + 1n } })
  const update = async (change: object) =>
    await updateImage(owner.ctx, { region: here, imageId, name: 'web', description: '', ...change })
  const needs = async () =>
    await db().image.findUniqueOrThrow({
      where: { id: imageId },
      select: { operatingSystem: true, bootMode: true, minDiskGib: true, minMemoryMib: true },
    })
  const said = { operatingSystem: 'Debian 12 (bookworm)', bootMode: 'UEFI', minDiskGib: 40, minMemoryMib: 2048 }
  expect(await update(said)).toMatchObject({ ok: true })
  expect(await needs()).toEqual(said)
  const tooSmall = { ok: false, refusal: { code: 'MIN_DISK_BELOW_SIZE', least: 21 } }
  expect(await update({ ...said, bootMode: 'BIOS', minDiskGib: 20 })).toEqual(tooSmall)
  expect(await update({})).toMatchObject({ ok: true })
  expect(await needs()).toEqual(said)
  expect(await update({ bootMode: null, minDiskGib: null, minMemoryMib: null })).toMatchObject({ ok: true })
  expect(await needs()).toEqual({ ...said, bootMode: null, minDiskGib: 21, minMemoryMib: null })
})

test("an image's history hides a recipient's sub-account from others, and a sharer's from the recipient", async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const [ops, helper] = [await account({ master: owner }), await account({ master: recipient })]
  const imageId = await image(owner, here)
  const input = { region: here, imageId, usernames: [recipient.username], note: '' }
  const shared = await shareImage(ops.ctx, input)
  const theirs = await getImage(recipient.ctx, { region: here, imageId })
  expect(theirs).toMatchObject({ events: { items: [{ action: 'share.create', actor: owner.username }] } })
  expect(JSON.stringify(theirs)).not.toContain(ops.username)
  if (shared.ok) await cancelShare(helper.ctx, { shareId: nth(shared.value, 0).id })
  const mine = await getImage(owner.ctx, { region: here, imageId })
  expect(mine).toMatchObject({
    events: {
      items: [
        { action: 'share.cancel', actor: recipient.username, recipient: recipient.username },
        { action: 'share.create', actor: ops.username },
      ],
    },
  })
  expect(JSON.stringify(mine)).not.toContain(helper.username)
})
