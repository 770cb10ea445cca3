import { expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import {
  account,
  accounts,
  held,
  image,
  nth,
  quota,
  race,
  region,
  sharesToday,
  type TestAccount,
  tally,
  usedToday,
} from '@/lib/testing/builders'
import { type ShareImagesInput, shareImagesInput } from './schema'
import { shareImages } from './writes-many'

// Several images with the same recipients, all or none.

process.env.ECS_DATABASE_POOL = '30'

function askedAll(regionId: string, imageIds: string[], ...recipients: TestAccount[]): ShareImagesInput {
  return shareImagesInput.parse({ region: regionId, imageIds, usernames: recipients.map(({ username }) => username) })
}

const sharesOf = async (imageIds: string[]) => await db().share.count({ where: { imageId: { in: imageIds } } })
const keysOf = async (owner: TestAccount) => await db().idempotencyKey.count({ where: { accountId: owner.id } })

async function images(owner: TestAccount, regionId: string, count: number): Promise<string[]> {
  return await Promise.all(Array.from({ length: count }, () => image(owner, regionId)))
}

it('shares each image with each recipient, counts and records each, once per form', async () => {
  const [here, owner, others] = await Promise.all([region(), account(), accounts(2)])
  const mine = await images(owner, here, 3)
  const ctx = { ...owner.ctx, idempotencyKey: `key of ${owner.id}` }
  const first = await shareImages(ctx, askedAll(here, mine, ...others))
  expect(first.ok && first.value).toHaveLength(6)
  expect(await shareImages(ctx, askedAll(here, mine, ...others))).toEqual({ ...first, isReplay: true })
  expect([await sharesOf(mine), await keysOf(owner)]).toEqual([6, 1])
  expect(await sharesToday(owner)).toEqual({ used: 6, events: 6 })
})

it('shares none if the recipient has one already, or one has no place or is not available, and names that one', async () => {
  const [here, owner, others] = await Promise.all([region(), account(), accounts(21)])
  const name = 'mail-01'
  const [first, second] = [await image(owner, here), await image(owner, here, { name })]
  const recipient = nth(others, 20)
  const refused = async (why: object) => {
    const answer = await shareImages(owner.ctx, askedAll(here, [first, second], recipient))
    expect(answer).toEqual({ ok: false, refusal: { code: 'SELECTED_REFUSED', image: name, why } })
    expect(await sharesToday(owner)).toEqual({ used: 0, events: 0 })
  }
  const share = await held(second, recipient)
  const recipients = [{ username: recipient.username, code: 'ALREADY_SHARED' }]
  await refused({ code: 'ALREADY_SHARED', recipients })
  await db().share.delete({ where: { id: share } })

  for (const other of others.slice(0, 20)) await held(second, other)
  await refused({ code: 'IMAGE_RECIPIENTS_FULL', max: 20, free: 0, asked: 1 })
  await db().share.deleteMany({ where: { imageId: second } })

  await db().image.update({ where: { id: second }, data: { state: 'deleted', deletedAt: new Date() } })
  await refused({ code: 'IMAGE_NOT_AVAILABLE', state: 'deleted' })
})

it('counts the places and daily shares of all images, not of one', async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const mine = await images(owner, here, 3)
  await quota(recipient, here, 2)
  const full = {
    code: 'RECIPIENT_QUOTA_FULL',
    recipients: [{ username: recipient.username, code: 'RECIPIENT_QUOTA_FULL' }],
  }
  expect(await shareImages(owner.ctx, askedAll(here, mine, recipient))).toEqual({ ok: false, refusal: full })
  await usedToday(owner, 198)
  const all = await shareImages(owner.ctx, askedAll(here, mine, recipient))
  expect(all).toMatchObject({ ok: false, refusal: { code: 'DAILY_SHARES_USED_UP', left: 2, asked: 3 } })
  expect(tally([await shareImages(owner.ctx, askedAll(here, mine.slice(0, 2), recipient))])).toEqual({ ok: 1 })
  expect(await sharesOf(mine)).toBe(2)
})

it('reveals nothing about names or room if something else is wrong', async () => {
  const [here, owner, recipient, holder] = await Promise.all([region(), account(), account(), account()])
  const [open, busy] = [await image(owner, here), await image(owner, here, { name: 'mail-01', state: 'deleted' })]
  const shared = await image(owner, here, { name: 'db-01' })
  const answerTo = async (images: string[], ...usernames: string[]) => {
    const input = shareImagesInput.parse({ region: here, imageIds: images, usernames })
    const answer = await shareImages(owner.ctx, input)
    return answer.ok ? answer : answer.refusal
  }
  // An image that cannot be shared comes first, so no name is answered or counted.
  const isBusy = { code: 'SELECTED_REFUSED', image: 'mail-01', why: { code: 'IMAGE_NOT_AVAILABLE', state: 'deleted' } }
  expect(await answerTo([open, busy], recipient.username)).toEqual(isBusy)
  expect(await answerTo([open, busy], 'nobody-has-this-name')).toEqual(isBusy)
  expect(await db().unknownLookup.count({ where: { accountId: owner.id } })).toBe(0)
  // Neither a name nor an image that is always refused reveals another's free places.
  await quota(recipient, here, 1)
  await held(shared, holder)
  const you = { code: 'RECIPIENT_IS_YOU', recipients: [{ username: owner.username, code: 'RECIPIENT_IS_YOU' }] }
  expect(await answerTo([open, shared], recipient.username, owner.username)).toEqual(you)
  const has = [{ username: holder.username, code: 'ALREADY_SHARED' }]
  const why = { code: 'ALREADY_SHARED', recipients: has }
  expect(await answerTo([open, shared], recipient.username, holder.username)).toEqual({
    ...{ code: 'SELECTED_REFUSED', image: 'db-01', why },
  })
})

it('answers alike for another tenant\u2019s image, a missing one, and one of another region', async () => {
  const [here, there, owner, other, recipient] = await Promise.all([
    region(),
    region(),
    account(),
    account(),
    account(),
  ])
  const [own, elsewhere, foreign] = await Promise.all([image(owner, here), image(owner, there), image(other, here)])
  await held(foreign, owner)
  for (const second of [foreign, elsewhere, 'img-0000000000'])
    expect(await shareImages(owner.ctx, askedAll(here, [own, second], recipient))).toEqual({
      ok: false,
      refusal: { code: 'IMAGE_NOT_FOUND' },
    })
  expect(await sharesOf([own, elsewhere, foreign])).toBe(1)
})

it("keeps a recipient's quota and a day's limit under concurrency, in any order of the images", async () => {
  const [here, owner, others, recipient] = await Promise.all([region(), account(), accounts(30), account()])
  const mine = await images(owner, here, 4)
  await quota(recipient, here, 7)
  const rivals = await Promise.all(
    others.slice(0, 5).map(async (rival) => ({ rival, theirs: await images(rival, here, 3) })),
  )
  const results = await race(30, (index) => {
    const turned = index % 2 === 0 ? mine : mine.toReversed()
    const { rival, theirs } = nth(rivals, index % 5)
    if (index < 15) return shareImages(owner.ctx, askedAll(here, turned, nth(others, index)))
    return shareImages(rival.ctx, askedAll(here, theirs, recipient))
  })
  // Of the recipient's seven places, two threes fit; each of the others takes each image of the owner.
  expect(results.slice(15).filter(({ ok }) => ok)).toHaveLength(2)
  expect(await db().share.count({ where: { recipientId: recipient.id } })).toBe(6)
  expect(results.slice(0, 15).every(({ ok }) => ok)).toBe(true)
  expect(await sharesToday(owner)).toEqual({ used: 60, events: 60 })
})
