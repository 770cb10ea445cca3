import { describe, expect, it } from 'vitest'
import { lookUpRecipient } from '@/lib/accounts/writes-look-up'
import { db } from '@/lib/db/client'
import type { RefusalCode } from '@/lib/result'
import {
  account,
  accounts,
  asked,
  held,
  image,
  named,
  noon,
  nth,
  quota,
  region,
  sharesToday,
  tally,
  usedToday,
} from '@/lib/testing/builders'
import { countNewShares, getImageShares, listSharedImages } from './reads'
import { sharedImageParams } from './schema'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'
import { markSharesSeen } from './writes-seen'

const sharesOf = async (imageId: string) => await db().share.count({ where: { imageId } })
const listOf = (regionId: string) => sharedImageParams.parse({ region: regionId })

describe('a share', () => {
  it('is seen by both sides at once: with whom, since when, by whom, with the note', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const imageId = await image(owner, here, { name: 'web-07', virtualSize: 4096 })
    const input = { ...asked(here, imageId, recipient), note: 'for the fair' }
    const shared = await shareImage(owner.ctx, input)
    const shareId = shared.ok ? shared.value[0]?.id : undefined
    const dto = {
      id: shareId,
      username: recipient.username,
      sharedAt: noon.toISOString(),
      sharedBy: owner.username,
      note: 'for the fair',
      status: 'ACCEPTED',
      until: null,
    }
    expect(shared).toEqual({ ok: true, value: [dto] })
    const page = await getImageShares(owner.ctx, { region: here, imageId })
    expect(page).toMatchObject({ shares: [dto], today: { used: 1 } })
    expect((await listSharedImages(recipient.ctx, listOf(here))).items).toEqual([
      {
        shareId,
        status: 'ACCEPTED',
        until: null,
        answerBy: null,
        imageId,
        name: 'web-07',
        sharer: owner.username,
        operatingSystem: 'Debian 12',
        virtualSize: 4096,
        sharedAt: noon.toISOString(),
        isNew: true,
        isDeprecated: false,
        note: 'for the fair',
        check: { state: 'clean', findings: 0, checkedAt: expect.any(String) },
      },
    ])
  })

  it("is only in its image's region", async () => {
    const [here, there, owner, recipient] = await Promise.all([region(), region(), account(), account()])
    await shareImage(owner.ctx, asked(here, await image(owner, here), recipient))
    expect((await listSharedImages(recipient.ctx, listOf(there))).items).toEqual([])
    expect(await countNewShares(recipient.ctx, { region: there })).toEqual({ count: 0 })
    expect(await countNewShares(recipient.ctx, { region: here })).toEqual({ count: 1 })
  })

  it('is new until its recipient has looked, and only the recipient can mark it as seen', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const shareId = await held(await image(owner, here), recipient)
    await markSharesSeen(owner.ctx, { shareIds: [shareId] })
    expect(await countNewShares(recipient.ctx, { region: here })).toEqual({ count: 1 })
    await markSharesSeen(recipient.ctx, { shareIds: [shareId] })
    expect(await countNewShares(recipient.ctx, { region: here })).toEqual({ count: 0 })
  })

  it('with several usernames is recorded once for each, with the acting account', async () => {
    const [here, owner, recipients] = await Promise.all([region(), account(), accounts(20)])
    const imageId = await image(owner, here, { name: 'web-09' })
    expect(await shareImage(owner.ctx, asked(here, imageId, ...recipients))).toMatchObject({ ok: true })
    const events = await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })
    expect(new Set(events.map((event) => event.recipientName))).toEqual(new Set(recipients.map((one) => one.username)))
    expect(events).toHaveLength(20)
    expect(events[0]).toMatchObject({
      action: 'share.create',
      at: noon,
      actorId: owner.id,
      ownerId: owner.id,
      regionId: here,
      imageName: 'web-09',
    })
    expect(await sharesToday(owner)).toEqual({ used: 20, events: 20 })
  })
})

describe("a sub-account's share", () => {
  it('counts for its master and has its name for the recipient; the owner sees which sub-account acted', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const ops = await account({ master: owner })
    const imageId = await image(owner, here)
    expect(await shareImage(ops.ctx, asked(here, imageId, recipient))).toMatchObject({ ok: true })
    expect(await sharesToday(owner)).toEqual({ used: 1, events: 1 })
    expect((await listSharedImages(recipient.ctx, listOf(here))).items[0]?.sharer).toBe(owner.username)
    const page = await getImageShares(owner.ctx, { region: here, imageId })
    expect(page?.shares[0]?.sharedBy).toBe(ops.username)
    expect(await db().event.findFirst({ where: { imageId } })).toMatchObject({ actorId: ops.id, ownerId: owner.id })
  })

  it("uses the master's 200, and cannot go to its own master", async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(2)])
    const ops = await account({ master: owner })
    const imageId = await image(owner, here)
    await usedToday(owner, 199)
    const answers = await Promise.all(
      [ops, owner].map((actor, index) => shareImage(actor.ctx, asked(here, imageId, nth(others, index)))),
    )
    expect(tally(answers)).toEqual({ ok: 1, DAILY_SHARES_USED_UP: 1 })
    await db().shareDay.deleteMany({ where: { accountId: owner.id } })
    const toMaster = await shareImage(ops.ctx, asked(here, imageId, owner))
    expect(toMaster).toMatchObject({ refusal: { code: 'RECIPIENT_IS_YOU' } })
  })

  it("gives the image to the recipient's sub-accounts too, and each of them may return it", async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const helper = await account({ master: recipient })
    const shareId = await held(await image(owner, here), recipient)
    expect((await listSharedImages(helper.ctx, listOf(here))).items).toHaveLength(1)
    expect(await cancelShare(helper.ctx, { shareId })).toMatchObject({ ok: true })
  })
})

describe('all or none', () => {
  it('one refused username refuses all, and each refused one has its own reason', async () => {
    const [here, owner, good] = await Promise.all([region(), account(), account()])
    const [holder, full] = await Promise.all([account(), account()])
    const imageId = await image(owner, here)
    await held(imageId, holder)
    await quota(full, here, 0)
    const answer = await shareImage(owner.ctx, asked(here, imageId, good, 'nobody-here', owner, holder, full))
    const recipients = [
      { username: 'nobody-here', code: 'RECIPIENT_NOT_FOUND' },
      { username: owner.username, code: 'RECIPIENT_IS_YOU' },
      { username: holder.username, code: 'ALREADY_SHARED' },
      { username: full.username, code: 'RECIPIENT_QUOTA_FULL' },
    ]
    expect(answer).toEqual({ ok: false, refusal: { code: 'RECIPIENT_NOT_FOUND', recipients } })
    expect(await sharesOf(imageId)).toBe(1)
    expect(await sharesToday(owner)).toEqual({ used: 0, events: 0 })
  })

  it('nothing is shared if the day has room for only some of the usernames', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(6)])
    const imageId = await image(owner, here)
    await usedToday(owner, 195)
    const answer = await shareImage(owner.ctx, asked(here, imageId, ...others))
    expect(answer).toMatchObject({ refusal: { code: 'DAILY_SHARES_USED_UP', left: 5, asked: 6 } })
    expect(await sharesOf(imageId)).toBe(0)
    expect(await sharesToday(owner)).toEqual({ used: 195, events: 195 })
  })

  it('duplicates count once, in any case', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const imageId = await image(owner, here)
    const typed = [recipient.username, recipient.username.toUpperCase(), ` ${recipient.username} `]
    expect(await shareImage(owner.ctx, asked(here, imageId, ...typed))).toMatchObject({ ok: true })
    expect(await sharesToday(owner)).toEqual({ used: 1, events: 1 })
  })
})

it('refusals come in one order: the image, its places, the day, then the usernames', async () => {
  const [here, there, owner, recipients] = await Promise.all([region(), region(), account(), accounts(21)])
  await usedToday(owner, 200)
  const stranger = await account()
  const importing = await image(owner, here, { state: 'importing' })
  const full = await image(owner, here)
  for (const recipient of recipients.slice(0, 20)) await held(full, recipient)
  const free = await image(owner, here)
  // Every try also has refused usernames, and everything later in the order is wrong too.
  const order = [
    ['IMAGE_NOT_FOUND', stranger, here, full],
    ['IMAGE_NOT_FOUND', stranger, there, importing],
    ['REGION_MISMATCH', owner, there, importing],
    ['REGION_MISMATCH', owner, there, full],
    ['IMAGE_NOT_AVAILABLE', owner, here, importing],
    ['IMAGE_RECIPIENTS_FULL', owner, here, full],
    ['DAILY_SHARES_USED_UP', owner, here, free],
  ] satisfies [RefusalCode, typeof owner, string, string][]
  for (const [code, who, where, imageId] of order) {
    const answer = await shareImage(who.ctx, asked(where, imageId, 'nobody-here', owner))
    expect(answer).toMatchObject({ ok: false, refusal: { code } })
  }
  expect(await db().unknownLookup.count({ where: { accountId: owner.id } })).toBe(0)
  await db().shareDay.deleteMany({ where: { accountId: owner.id } })
  const answer = await shareImage(owner.ctx, asked(here, free, 'nobody-here', owner))
  expect(answer).toMatchObject({ ok: false, refusal: { code: 'RECIPIENT_NOT_FOUND' } })
})

it('a sub-account, a disabled account and an unknown name get the same answer', async () => {
  const [here, owner, master] = await Promise.all([region(), account(), account()])
  const imageId = await image(owner, here)
  const names = [
    (await account({ master })).username,
    (await account({ disabledAt: noon })).username,
    (await account({ master: owner })).username,
    'nobody-here',
    `nobody@${master.username}`,
    `${master.username}@nobody-here`,
  ]
  const shared = await Promise.all(names.map((name) => shareImage(owner.ctx, asked(here, imageId, name))))
  const looked = await Promise.all(names.map((name) => lookUpRecipient(owner.ctx, named(name))))
  const alike = (answers: object[]) =>
    new Set(answers.map((answer, index) => JSON.stringify(answer).replaceAll(names[index] ?? '', '…')))
  expect(alike(shared).size).toBe(1)
  expect(shared[0]).toMatchObject({ refusal: { code: 'RECIPIENT_NOT_FOUND' } })
  expect(alike(looked).size).toBe(1)
  expect(looked[0]).toMatchObject({ status: 'unknown' })
})
