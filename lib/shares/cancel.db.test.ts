import { describe, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { getImage } from '@/lib/images/reads'
import {
  account,
  accounts,
  asked,
  held,
  image,
  later,
  minutes,
  quota,
  region,
  sharesToday,
  type TestAccount,
  tally,
  whileLocked,
} from '@/lib/testing/builders'
import { roundTrips, seededRandom } from '@/lib/testing/random'
import { untilTrue } from '@/lib/testing/until'
import { listSharedImages } from './reads'
import { sharedImageParams } from './schema'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'
import { markSharesSeen } from './writes-seen'

process.env.ECS_DATABASE_POOL = '20'

const shareOf = async (imageId: string, recipient: TestAccount) =>
  await db().share.findUnique({ where: { imageId_recipientId: { imageId, recipientId: recipient.id } } })

/** The ids of the shares through which a recipient finds an image, by every read. */
async function found(recipient: TestAccount, here: string, imageId: string): Promise<Set<string>> {
  const [details, list] = await Promise.all([
    getImage(recipient.ctx, { region: here, imageId }),
    listSharedImages(recipient.ctx, sharedImageParams.parse({ region: here })),
  ])
  const listed = list.items.filter((item) => item.imageId === imageId).map((item) => item.shareId)
  return new Set(details?.view === 'recipient' ? [...listed, details.shareId] : listed)
}

describe('either side ends a share', () => {
  it.each(['the sharer', 'the recipient', "the sharer's sub-account", "the recipient's sub-account"])(
    '%s: the recipient no longer finds the image, its quota place is free, and the event names who did it',
    async (who) => {
      const [here, owner, recipient] = await Promise.all([region(), account(), account()])
      const [ownerSub, recipientSub] = [await account({ master: owner }), await account({ master: recipient })]
      const actors = [owner, recipient, ownerSub, recipientSub]
      const names = ['the sharer', 'the recipient', "the sharer's sub-account", "the recipient's sub-account"]
      const actor = actors[names.indexOf(who)] ?? owner
      await quota(recipient, here, 1)
      const it = await image(owner, here)
      const shareId = await held(it, recipient)
      expect(await cancelShare(actor.ctx, { shareId })).toEqual({ ok: true, value: { shareId } })
      expect(await found(recipient, here, it)).toEqual(new Set())
      const event = await db().event.findFirstOrThrow({ where: { shareId } })
      expect(event).toMatchObject({
        action: 'share.cancel',
        actorId: actor.id,
        ownerId: owner.id,
        recipientId: recipient.id,
        imageId: it,
        details: { by: actor === owner || actor === ownerSub ? 'sharer' : 'recipient' },
      })
      const again = await shareImage(owner.ctx, asked(here, await image(owner, here), recipient))
      expect(again).toMatchObject({ ok: true })
    },
  )

  it('an ended share is found by neither side, and nothing is recorded twice', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const shareId = await held(await image(owner, here), recipient)
    const sides = [owner, recipient, owner, recipient, owner, recipient]
    const results = await Promise.all(sides.map((side) => cancelShare(side.ctx, { shareId })))
    expect(tally(results)).toEqual({ ok: 1, SHARE_NOT_FOUND: 5 })
    expect(await db().event.count({ where: { shareId, action: 'share.cancel' } })).toBe(1)
  })

  it('images in any state can lose their shares', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const it = await image(owner, here, { state: 'deleting' })
    const shareId = await held(it, recipient)
    expect(await cancelShare(recipient.ctx, { shareId })).toMatchObject({ ok: true })
  })

  it('a cancel names the share: a new share made in the meantime stays', async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const imageId = await image(owner, here)
    const [old, anew] = [await held(imageId, recipient), newId('shr')]
    const answer = await whileLocked(
      [owner.id],
      () => cancelShare(owner.ctx, { shareId: old }),
      async (tx) => {
        const { status: _, ...share } = await tx.share.delete({ where: { id: old } })
        await tx.share.create({ data: { ...share, id: anew } })
      },
    )
    expect(answer).toEqual({ ok: false, refusal: { code: 'SHARE_NOT_FOUND' } })
    expect(await shareOf(imageId, recipient)).toMatchObject({ id: anew })
  })
})

type Pair = { owner: TestAccount; recipient: TestAccount; here: string; random: () => number }
type Round = { sharedIds: string[]; cancelled: string[]; foundAfter: Set<string> }

/**
 * Two or three clicks on "Share Images" and a cancel by either side, at random moments. The last click is timed around the
 * cancel, however fast the machine is, so that it comes sometimes before and sometimes after it.
 */
async function playRound({ owner, recipient, here, random }: Pair, imageId: string, day: number) {
  const now = later(day * minutes(24 * 60))
  const round: Round = { sharedIds: [], cancelled: [], foundAfter: new Set() }
  const firstSeen = untilTrue(() => shareOf(imageId, recipient))
  const clicks = Array.from({ length: 2 + (day % 2) }, async (_, index) => {
    if (index === 1) await firstSeen
    await roundTrips(Math.floor(random() * 8))
    const result = await shareImage(owner.at(now), asked(here, imageId, recipient))
    if (result.ok) round.sharedIds.push(...result.value.map((share) => share.id))
    else expect(result.refusal.code).toBe('ALREADY_SHARED')
  })
  const cancels = async () => {
    const shareId = (await firstSeen).id
    await roundTrips(Math.floor(random() * 4))
    const sides = random() < 0.3 ? [owner, recipient] : [random() < 0.5 ? owner : recipient]
    const results = await Promise.all(sides.map((side) => cancelShare(side.at(now), { shareId })))
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    round.cancelled.push(shareId)
    round.foundAfter = await found(recipient, here, imageId)
    expect(await cancelShare(recipient.at(now), { shareId })).toMatchObject({ refusal: { code: 'SHARE_NOT_FOUND' } })
    await markSharesSeen(recipient.at(now), { shareIds: [shareId] })
  }
  await Promise.all([...clicks, cancels()])
  return round
}

it('once a cancel was answered, nothing the recipient does finds the image, in 200 rounds of clicks and cancels', async () => {
  const pairs = await Promise.all(
    Array.from({ length: 4 }, async (_, index): Promise<Pair> => {
      const [here, owner, recipient] = await Promise.all([region(), account(), account()])
      return { here, owner, recipient, random: seededRandom(index) }
    }),
  )
  let sharedAgain = 0
  const play = async (pair: Pair) => {
    const { here, owner, recipient } = pair
    for (let day = 0; day < 50; day++) {
      const imageId = await image(owner, here)
      const { sharedIds, cancelled, foundAfter } = await playRound(pair, imageId, day)
      // A share found after the answer must have been made after the cancel.
      for (const shareId of foundAfter) {
        expect(cancelled).not.toContain(shareId)
        expect(sharedIds).toContain(shareId)
      }
      const left = sharedIds.filter((shareId) => !cancelled.includes(shareId))
      const now = await found(recipient, here, imageId)
      expect([...now]).toEqual(left)
      expect(left.length).toBeLessThanOrEqual(1)
      sharedAgain += left.length
      for (const shareId of left) await cancelShare(recipient.ctx, { shareId })
      expect(await found(recipient, here, imageId)).toEqual(new Set())
      expect(await db().share.count({ where: { imageId } })).toBe(0)
    }
  }
  await Promise.all(pairs.map(play))
  // Both orders occurred: a second click before the cancel, and one after it.
  expect(sharedAgain).toBeGreaterThan(0)
  expect(sharedAgain).toBeLessThan(200)
  for (const { owner } of pairs) {
    const days = await db().shareDay.aggregate({ where: { accountId: owner.id }, _sum: { used: true } })
    expect((await sharesToday(owner)).events).toBe(days._sum.used)
  }
})

it('while one image is shared and cancelled concurrently, no reader ever sees 21 recipients', async () => {
  const [here, owner, others] = await Promise.all([region(), account(), accounts(26)])
  const it = await image(owner, here)
  await Promise.all(others.slice(0, 20).map((other) => held(it, other)))
  let isOver = false
  const counts: number[] = []
  const watch = async () => {
    while (!isOver) counts.push(await db().share.count({ where: { imageId: it } }))
  }
  const watching = watch()
  const random = seededRandom(1)
  const turns = others.map(async (other) => {
    for (let turn = 0; turn < 3; turn++) {
      const share = await shareOf(it, other)
      if (share) await cancelShare(random() < 0.5 ? owner.ctx : other.ctx, { shareId: share.id })
      await shareImage(owner.ctx, asked(here, it, other))
    }
  })
  await Promise.all(turns).finally(() => {
    isOver = true
  })
  await watching
  expect(Math.max(...counts)).toBe(20)
  const { used, events } = await sharesToday(owner)
  expect(used).toBe(events)
})
