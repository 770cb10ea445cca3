import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import {
  account,
  accounts,
  asked,
  held,
  image,
  later,
  lockWaits,
  minutes,
  noon,
  region,
  tally,
  whileLocked,
} from '@/lib/testing/builders'
import { until } from '@/lib/testing/until'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'

// The rows that shares and their ends leave: events, stored answers, guessed usernames, one operation at a time. Concurrency is
// tested in limits, guessing and races.

process.env.ECS_DATABASE_POOL = '10'

const notFound = { ok: false, refusal: { code: 'SHARE_NOT_FOUND' } }

async function tenants() {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  return { here, owner, recipient, imageId: await image(owner, here, { name: 'db-01' }) }
}

describe('the end of a share', () => {
  it('is recorded with who ended it, for which side, and the names of that day', async () => {
    const { here, owner, recipient, imageId } = await tenants()
    for (const [who, by] of [
      [owner, 'sharer'],
      [recipient, 'recipient'],
    ] as const) {
      const shareId = await held(imageId, recipient)
      expect(await cancelShare(who.at(later(1)), { shareId })).toEqual({ ok: true, value: { shareId } })
      expect(await db().event.findMany({ where: { shareId } })).toMatchObject([
        {
          ...{ action: 'share.cancel', at: later(1), actorId: who.id, details: { by }, regionId: here },
          ...{ ownerId: owner.id, ownerName: owner.username, imageId, imageName: 'db-01' },
          ...{ recipientId: recipient.id, recipientName: recipient.username },
        },
      ])
    }
  })

  it('is refused to strangers, happens once, and is refused for shares that never existed', async () => {
    const { recipient, owner, imageId } = await tenants()
    const shareId = await held(imageId, recipient)
    expect(await cancelShare((await account()).ctx, { shareId })).toEqual(notFound)
    expect(await db().share.count({ where: { imageId } })).toBe(1)
    expect(await cancelShare(owner.ctx, { shareId })).toMatchObject({ ok: true })
    expect(await cancelShare(owner.ctx, { shareId })).toEqual(notFound)
    expect(await db().event.count({ where: { shareId } })).toBe(1)
  })

  it("waits for the image's lock, and is refused if the other side has ended it meanwhile", async () => {
    const { recipient, owner, imageId } = await tenants()
    const shareId = await held(imageId, recipient)
    const cancel = () => cancelShare(owner.ctx, { shareId })
    const late = await whileLocked([imageId], cancel, async (tx) => await tx.share.delete({ where: { id: shareId } }))
    expect(late).toEqual(notFound)
    expect(await db().event.count({ where: { shareId } })).toBe(0)
    await until(async () => expect(await lockWaits()).toBe(0))
  })
})

it('a recipient that shares a received image learns in its region that it is not its own, and nobody else learns that it exists', async () => {
  const { here, recipient, imageId } = await tenants()
  await held(imageId, recipient)
  const stranger = await account()
  const form = asked(here, imageId, 'nobody-here')
  expect(tally([await shareImage(recipient.ctx, form)])).toEqual({ RESHARE_FORBIDDEN: 1 })
  expect(tally([await shareImage(stranger.ctx, form)])).toEqual({ IMAGE_NOT_FOUND: 1 })
  expect(tally([await shareImage(recipient.ctx, { ...form, region: await region() })])).toEqual({ IMAGE_NOT_FOUND: 1 })
  expect(await db().unknownLookup.count()).toBe(0)
})

it('a form sent again under its key gets the same answer, and shares once', async () => {
  const { here, owner, recipient, imageId } = await tenants()
  const ctx = { ...owner.ctx, idempotencyKey: `key of ${imageId}` }
  const first = await shareImage(ctx, asked(here, imageId, recipient))
  expect(first).toMatchObject({ ok: true })
  expect(await shareImage({ ...ctx, now: later(minutes(1)) }, asked(here, imageId, recipient))).toEqual({
    ...first,
    isReplay: true,
  })
  expect(await db().share.findMany({ where: { imageId } })).toMatchObject([{ id: expect.stringMatching(/^shr-/) }])
})

describe('unknown usernames', () => {
  it('are counted for the master account when an answer reveals them, and not by a successful share', async () => {
    const { here, owner, recipient, imageId } = await tenants()
    const ops = await account({ master: owner })
    await shareImage(ops.ctx, asked(here, imageId, 'nobody-one', 'nobody-two'))
    await shareImage(owner.ctx, asked(here, imageId, recipient))
    const counted = await db().unknownLookup.findMany({ where: { accountId: owner.id }, orderBy: { username: 'asc' } })
    expect(counted.map(({ username }) => username)).toEqual(['nobody-one', 'nobody-two'])
    expect(await db().shareTry.count({ where: { accountId: owner.id } })).toBe(0)
  })

  it('once used up make the next share wait for a minute, whether it used them up itself or came later', async () => {
    const { here, owner, recipient, imageId } = await tenants()
    const names = Array.from({ length: 59 }, (_, index) => ({
      accountId: owner.id,
      username: `gone-${index}`,
      at: noon,
    }))
    await db().unknownLookup.createMany({ data: names })
    const triedAt = async () => (await db().shareTry.findUnique({ where: { accountId: owner.id } }))?.at
    const used = { ok: false, refusal: { code: 'LOOKUPS_USED_UP', max: 60, resetsAt: expect.any(String) } }
    expect(await shareImage(owner.ctx, asked(here, imageId, 'nobody-one', 'nobody-two'))).toEqual(used)
    expect(await triedAt()).toEqual(noon)
    expect(await db().unknownLookup.count({ where: { accountId: owner.id } })).toBe(60)
    // A submit that has to wait does not count itself.
    expect(await shareImage(owner.at(later(1)), asked(here, imageId, recipient))).toEqual(used)
    expect(await triedAt()).toEqual(noon)
    const after = later(minutes(1))
    expect(await shareImage(owner.at(after), asked(here, imageId, recipient))).toMatchObject({ ok: true })
    expect(await triedAt()).toEqual(after)
    const next = later(minutes(2))
    expect(await shareImage(owner.at(next), asked(here, imageId, recipient))).toEqual(used)
    expect(await triedAt()).toEqual(next)
  })
})

it('an image with 20 recipients accepts no further one', async () => {
  const { here, owner, recipient, imageId } = await tenants()
  for (const one of await accounts(19)) await held(imageId, one)
  expect(tally([await shareImage(owner.ctx, asked(here, imageId, recipient))])).toEqual({ ok: 1 })
  const full = await shareImage(owner.ctx, asked(here, imageId, await account()))
  expect(full).toMatchObject({ refusal: { code: 'IMAGE_RECIPIENTS_FULL' } })
})
