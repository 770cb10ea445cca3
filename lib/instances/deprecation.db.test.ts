import { beforeEach, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { getImage, listCustomImages } from '@/lib/images/reads'
import { customImageParams, deprecateImageInput } from '@/lib/images/schema'
import { deprecateImage, undeprecateImage } from '@/lib/images/writes-deprecate'
import { listSharedImages } from '@/lib/shares/reads'
import { sharedImageParams } from '@/lib/shares/schema'
import { account, held, image, noon, quota, region, type TestAccount, tally, whileLocked } from '@/lib/testing/builders'
import { instanceType, machineHost } from '@/lib/testing/builders-instances'
import { findAskedImage, listInstanceImages } from './reads-images'
import { createInstancesInput } from './schema'
import { createInstances } from './writes'

let here: string
let owner: TestAccount
let recipient: TestAccount
let old: string
let next: string
let typeId: string

beforeEach(async () => {
  ;[here, owner, recipient, typeId] = await Promise.all([region(), account(), account(), instanceType()])
  ;[old, next] = await Promise.all([image(owner, here, { name: 'old' }), image(owner, here, { name: 'next' })])
  await Promise.all([held(old, recipient), machineHost(), quota(recipient, here, 50)])
})

const deprecate = async (fields: { retiresOn?: string; replacementId?: string } = {}) =>
  await deprecateImage(owner.ctx, deprecateImageInput.parse({ region: here, imageId: old, ...fields }))
const create = async (who: TestAccount) =>
  await createInstances(
    who.ctx,
    createInstancesInput.parse({ region: here, imageId: old, name: 'quay', diskGib: 1, typeId, count: 1 }),
  )
// At noon of the tests this day has ended nowhere, and the day before has ended in Asia/Shanghai.
const [today, yesterday] = ['2026-03-10', '2026-03-09']

it('until the end of its last day a deprecated image shows a warning, and instances can be created from it', async () => {
  expect(tally([await deprecate({ retiresOn: today, replacementId: next })])).toEqual({ ok: 1 })
  const said = { retiresAt: '2026-03-10T16:00:00.000Z', isRetired: false }
  const own = { deprecation: { ...said, replacement: { id: next, name: 'next' } } }
  const lent = { deprecation: { ...said, replacement: { id: null, name: 'next' } } }
  const page = { region: here, imageId: old, before: undefined }
  expect(await getImage(owner.ctx, page)).toMatchObject(own)
  expect(await getImage(recipient.ctx, page)).toMatchObject(lent)
  expect(await findAskedImage(recipient.ctx, { region: here, imageId: old })).toMatchObject({ view: 'usable', ...lent })
  await held(next, recipient)
  expect(await getImage(recipient.ctx, page)).toMatchObject({ deprecation: { replacement: { id: next } } })
  const lists = [
    (await listCustomImages(owner.ctx, customImageParams.parse({ region: here }))).items,
    (await listSharedImages(recipient.ctx, sharedImageParams.parse({ region: here }))).items,
    await listInstanceImages(recipient.ctx, { region: here, q: '' }),
  ]
  for (const items of lists) expect(items.find(({ name }) => name === 'old')).toMatchObject({ isDeprecated: true })
  expect(tally([await create(owner), await create(recipient)])).toEqual({ ok: 2 })
})

it('after its last day it is refused to owner and recipient and not offered, and existing instances stay', async () => {
  expect(tally([await create(recipient), await deprecate({ retiresOn: yesterday })])).toEqual({ ok: 2 })
  const refusal = { code: 'IMAGE_RETIRED', retiredAt: '2026-03-09T16:00:00.000Z' }
  for (const who of [owner, recipient]) expect(await create(who)).toEqual({ ok: false, refusal })
  const choices = await listInstanceImages(recipient.ctx, { region: here, q: '' })
  expect(choices.filter(({ id }) => id === old)).toEqual([])
  expect(await db().instance.count({ where: { imageId: old } })).toBe(1)
  expect(tally([await undeprecateImage(owner.ctx, { region: here, imageId: old })])).toEqual({ ok: 1 })
  expect(tally([await create(recipient)])).toEqual({ ok: 1 })
})

it('is decided under the lock of the image: an instance that waits for it is refused', async () => {
  const answer = await whileLocked(
    [old],
    () => create(recipient),
    (tx) => tx.image.update({ where: { id: old }, data: { deprecatedAt: noon, retiresAt: noon } }),
  )
  expect(tally([answer])).toEqual({ IMAGE_RETIRED: 1 })
})

it('notifies every recipient once for each change, and records one event if there is none', async () => {
  const pending = await account()
  await db().share.update({
    where: { id: await held(old, pending) },
    data: { status: 'PENDING', answerBy: new Date(Date.now() + 60_000) },
  })
  await deprecate({ retiresOn: today, replacementId: next })
  await undeprecateImage(owner.ctx, { region: here, imageId: old })
  await undeprecateImage(owner.ctx, { region: here, imageId: old })
  const events = await db().event.findMany({ where: { imageId: old, ownerId: owner.id }, orderBy: { id: 'asc' } })
  expect(events).toMatchObject([
    {
      action: 'image.deprecate',
      recipientId: recipient.id,
      details: { replacement: 'next', until: '2026-03-10T16:00:00.000Z' },
    },
    { action: 'image.undeprecate', recipientId: recipient.id },
  ])
  const notices = await db().notice.findMany({ where: { event: { imageId: old } } })
  expect(notices.map(({ accountId, kind }) => [accountId, kind])).toEqual([[recipient.id, 'image.deprecated']])
  await deprecateImage(owner.ctx, { region: here, imageId: next, replacementId: null, retiresOn: null })
  const alone = await db().event.findMany({ where: { imageId: next } })
  expect(alone).toMatchObject([{ action: 'image.deprecate', recipientId: null }])
})

it('notifies nobody of an unchanged value, and no recipient of more than five changes in a day', async () => {
  for (let round = 0; round < 3; round++) await deprecate({ retiresOn: today })
  const told = async () => await db().event.count({ where: { imageId: old, recipientId: recipient.id } })
  expect(await told()).toBe(1)
  for (let round = 0; round < 4; round++) {
    await undeprecateImage(owner.ctx, { region: here, imageId: old })
    await deprecate({ retiresOn: today })
  }
  expect(await told()).toBe(5)
  expect(await db().event.count({ where: { imageId: old, recipientId: null } })).toBe(4)
  expect(await db().notice.count({ where: { event: { imageId: old } } })).toBe(3)
})

it('accepts as a replacement another usable own image of the region, and omits it once it is not usable', async () => {
  const [theirs, there, failed] = [
    await image(recipient, here),
    await image(owner, await region()),
    await image(owner, here, { state: 'failed' }),
  ]
  for (const replacementId of [theirs, there, failed, old, 'img-0000000000'])
    expect(tally([await deprecate({ replacementId })]), replacementId).toEqual({ REPLACEMENT_NOT_FOUND: 1 })
  expect(await db().event.count({ where: { imageId: old } })).toBe(0)
  await deprecate({ replacementId: next })
  await db().image.update({ where: { id: next }, data: { state: 'deleted', deletedAt: noon } })
  const page = { region: here, imageId: old, before: undefined }
  expect(await getImage(recipient.ctx, page)).toMatchObject({ deprecation: { replacement: null, retiresAt: null } })
  const foreign = await deprecateImage(recipient.ctx, {
    ...{ region: here, imageId: old, replacementId: null, retiresOn: null },
  })
  expect(tally([foreign])).toEqual({ IMAGE_NOT_FOUND: 1 })
})
