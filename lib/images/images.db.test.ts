import { describe, expect, it, test } from 'vitest'
import { db } from '@/lib/db/client'
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
  type TestAccount,
  tally,
} from '@/lib/db/test-fixtures'
import { removeImage } from '@/lib/jobs/remove-image'
import { sweepImages } from '@/lib/jobs/sweep-images'
import { cancelShare, shareImage } from '@/lib/shares/writes'
import { getImage } from './reads'
import { failedKeptMs, leaseMs } from './rules'
import {
  beginImport,
  deleteImage,
  failDeadImport,
  failImport,
  finishImport,
  forgetImage,
  renewLease,
  updateImage,
} from './writes'

process.env.ECS_DATABASE_POOL = '20'

const importing = (region: string) => ({ region, name: 'web-01', operatingSystem: 'Debian 12' })
const deleting = (region: string, imageId: string, typedName: string | null = null) => ({
  region,
  imageId,
  cancelShares: typedName !== null,
  typedName,
})
const disk = { format: 'qcow2', virtualSize: 4096, size: 1024, sha256: 'a'.repeat(64) } as const
const rowOf = async (id: string) => await db().image.findUnique({ where: { id } })
const eventsOf = async (imageId: string) =>
  (await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })).map((event) => event.action)

async function begun(owner: TestAccount, here: string): Promise<string> {
  const result = await beginImport(owner.ctx, importing(here))
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value.imageId
}

describe('an import', () => {
  it('takes its place before the first byte: of 30 at once with one place left exactly 1 begins', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const ops = await account({ master: owner })
    await quota(owner, here, 3)
    await image(owner, here)
    await held(await image(await account(), here), owner)
    const results = await race(30, (index) => beginImport((index % 2 ? owner : ops).ctx, importing(here)))
    expect(tally(results)).toEqual({ ok: 1, IMAGE_QUOTA_FULL: 29 })
    const refused = results.find((result) => !result.ok)
    expect(refused).toEqual({ ok: false, refusal: { code: 'IMAGE_QUOTA_FULL', used: 3, quota: 3, region: here } })
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(2)
  })

  it('counts the quota of its region alone, and a failed image not at all', async () => {
    const [here, there, owner] = await Promise.all([region(), region(), account()])
    await quota(owner, here, 1)
    await image(owner, there)
    await image(owner, here, { state: 'failed' })
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
  })

  it('of a region that there is not is refused', async () => {
    const answer = await beginImport((await account()).ctx, importing('xx-nowhere'))
    expect(answer).toEqual({ ok: false, refusal: { code: 'REGION_NOT_FOUND' } })
  })

  it('ends once: what was finished cannot fail, what has failed cannot be finished', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    for (let round = 0; round < 15; round++) {
      const imageId = await begun(owner, here)
      const [finished] = await Promise.all([
        finishImport(owner.ctx, imageId, disk),
        failImport(owner.ctx, imageId, { code: 'IMPORT_FAULT' }),
        failDeadImport(owner.at(later(leaseMs)), imageId),
      ])
      const row = await rowOf(imageId)
      expect(row?.state).toBe(finished.ok ? 'available' : 'failed')
      expect(row).toMatchObject(finished.ok ? { sha256: disk.sha256, failure: null } : { sha256: null, size: 0n })
      expect(await eventsOf(imageId)).toEqual(['image.import', finished.ok ? 'image.available' : 'image.fail'])
    }
  })

  it('lives as long as it renews its lease, and is taken for dead after 60 s', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    await quota(owner, here, 1)
    const imageId = await begun(owner, here)
    const failDead = async (ms: number) => await failDeadImport(owner.at(later(ms)), imageId)
    expect(await failDead(leaseMs - 1)).toEqual({ ok: true, value: false })
    expect(await renewLease(imageId, later(10_000))).toBe(true)
    expect(await failDead(leaseMs)).toEqual({ ok: true, value: false })
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
    expect(await failDead(leaseMs + 10_000)).toEqual({ ok: true, value: true })
    expect(await renewLease(imageId, later(leaseMs + 11_000))).toBe(false)
    expect(await rowOf(imageId)).toMatchObject({ state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } })
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
  })

  it('finishes although its account was disabled meanwhile', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await begun(owner, here)
    await db().account.update({ where: { id: owner.id }, data: { disabledAt: noon } })
    expect(await finishImport(owner.ctx, imageId, disk)).toMatchObject({ ok: true })
  })
})

test('a failed image goes after 7 days and no earlier', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here, { state: 'failed' })
  await sweepImages(later(failedKeptMs))
  expect(await rowOf(imageId)).not.toBeNull()
  await sweepImages(later(failedKeptMs + 1))
  expect(await rowOf(imageId)).toBeNull()
})

describe('deleting an image', () => {
  it('takes it out of use at once; its place is free when the job has removed the bytes', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    await quota(owner, here, 1)
    const imageId = await image(owner, here)
    expect(await deleteImage(owner.ctx, deleting(here, imageId))).toEqual({ ok: true, value: { imageId } })
    const jobs = await db().$queryRaw`SELECT task_identifier AS task FROM graphile_worker.jobs WHERE key = ${imageId}`
    expect(jobs).toEqual([{ task: 'remove-image' }])
    expect(tally([await beginImport(owner.ctx, importing(here))])).toEqual({ IMAGE_QUOTA_FULL: 1 })
    expect(tally([await deleteImage(owner.ctx, deleting(here, imageId))])).toEqual({ IMAGE_BUSY: 1 })
    await removeImage({ imageId, region: here })
    await removeImage({ imageId, region: here })
    expect(await rowOf(imageId)).toBeNull()
    expect(await beginImport(owner.ctx, importing(here))).toMatchObject({ ok: true })
    expect(await eventsOf(imageId)).toEqual(['image.delete'])
  })

  it('is repeated by the sweep when its job was lost, not before it could be', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    await deleteImage(owner.ctx, deleting(here, imageId))
    await sweepImages(later(leaseMs))
    expect(await rowOf(imageId)).toMatchObject({ state: 'deleting' })
    await sweepImages(later(leaseMs + 1))
    expect(await rowOf(imageId)).toBeNull()
  })

  it('happens once, however often it is asked', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    const results = await race(10, () => deleteImage(owner.ctx, deleting(here, imageId)))
    expect(tally(results)).toEqual({ ok: 1, IMAGE_BUSY: 9 })
    expect(await eventsOf(imageId)).toEqual(['image.delete'])
  })

  it('dismisses a failed one at once', async () => {
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

  it('forgets only what is on its way out', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    await forgetImage(imageId)
    expect(await rowOf(imageId)).not.toBeNull()
  })
})

test('a new name and description are there for the owner, the name for recipients too, and the record has both names', async () => {
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
  expect(event).toMatchObject({ action: 'image.update', imageName: 'web-02', details: { from: 'web-01' } })
})

test("an image's history names a recipient's sub-account to nobody else, and a sharer's not to the recipient", async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const [ops, helper] = [await account({ master: owner }), await account({ master: recipient })]
  const imageId = await image(owner, here)
  const input = { region: here, imageId, usernames: [recipient.username], note: '' }
  const shared = await shareImage(ops.ctx, input)
  const theirs = await getImage(recipient.ctx, { region: here, imageId })
  expect(theirs).toMatchObject({ events: [{ action: 'share.create', actor: owner.username }] })
  expect(JSON.stringify(theirs)).not.toContain(ops.username)
  if (shared.ok) await cancelShare(helper.ctx, { shareId: nth(shared.value, 0).id })
  const mine = await getImage(owner.ctx, { region: here, imageId })
  expect(mine).toMatchObject({
    events: [
      { action: 'share.cancel', actor: recipient.username, recipient: recipient.username },
      { action: 'share.create', actor: ops.username },
    ],
  })
  expect(JSON.stringify(mine)).not.toContain(helper.username)
})
