import { expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import {
  account,
  accounts,
  asked,
  held,
  image,
  nth,
  race,
  region,
  sharesToday,
  tally,
  whileLocked,
} from '@/lib/testing/builders'
import { shareImage } from './writes'
import { cancelShare, cancelShares } from './writes-end'

process.env.ECS_DATABASE_POOL = '20'

const left = async (shareIds: string[]) => await db().share.count({ where: { id: { in: shareIds } } })
const ended = async (shareIds: string[]) =>
  await db().event.count({ where: { shareId: { in: shareIds }, action: 'share.cancel' } })

/** Two images shared with three accounts each. */
async function sixShares() {
  const [here, owner, recipients] = await Promise.all([region(), account(), accounts(3)])
  const images = [await image(owner, here), await image(owner, here)]
  const shareIds: string[] = []
  for (const imageId of images) for (const recipient of recipients) shareIds.push(await held(imageId, recipient))
  return { here, owner, recipients, images, shareIds }
}

it('the sharer ends shares of several images with several accounts at once, each with its event', async () => {
  const { owner, shareIds, recipients } = await sixShares()
  expect(await cancelShares(owner.ctx, { shareIds })).toEqual({ ok: true, value: { cancelled: 6 } })
  expect([await left(shareIds), await ended(shareIds)]).toEqual([0, 6])
  const event = await db().event.findFirstOrThrow({ where: { shareId: nth(shareIds, 2) } })
  const recipient = nth(recipients, 2)
  expect(event).toMatchObject({ ownerId: owner.id, recipientId: recipient.id, details: { by: 'sharer' } })
  expect((await sharesToday(owner)).used).toBe(0)
})

it("the recipient returns several images of different sharers, and each sharer's event is recorded", async () => {
  const [here, one, other, recipient] = await Promise.all([region(), account(), account(), account()])
  const shareIds = [await held(await image(one, here), recipient), await held(await image(other, here), recipient)]
  const sub = await account({ master: recipient })
  expect(await cancelShares(sub.ctx, { shareIds })).toMatchObject({ ok: true })
  const events = await db().event.findMany({ where: { shareId: { in: shareIds } }, orderBy: { id: 'asc' } })
  expect(events.map(({ ownerId }) => ownerId).sort()).toEqual([one.id, other.id].sort())
  expect(events).toMatchObject([{ actorId: sub.id, details: { by: 'recipient' } }, { details: { by: 'recipient' } }])
})

it("if one share has ended or is another tenant's, none ends, and nothing is recorded", async () => {
  const { owner, shareIds } = await sixShares()
  const foreign = await sixShares()
  const answers = [
    await cancelShares(owner.ctx, { shareIds: [...shareIds, 'shr-0123456789'] }),
    await cancelShares(owner.ctx, { shareIds: [...shareIds, nth(foreign.shareIds, 0)] }),
  ]
  for (const answer of answers)
    expect(answer).toEqual({ ok: false, refusal: { code: 'SHARES_ENDED', asked: 7, ended: 1 } })
  const all = [...shareIds, ...foreign.shareIds]
  expect([await left(all), await ended(all)]).toEqual([12, 0])
})

it('a share that ends between the read and the locks keeps the others from ending', async () => {
  const { owner, shareIds } = await sixShares()
  const answer = await whileLocked(
    [owner.id],
    () => cancelShares(owner.ctx, { shareIds }),
    (tx) => tx.share.delete({ where: { id: nth(shareIds, 3) } }),
  )
  expect(answer).toMatchObject({ refusal: { code: 'SHARES_ENDED', ended: 1 } })
  expect([await left(shareIds), await ended(shareIds)]).toEqual([5, 0])
})

it('an account that is disabled before the lock is acquired ends nothing', async () => {
  const { owner, shareIds } = await sixShares()
  const answer = await whileLocked(
    [owner.id],
    () => cancelShares(owner.ctx, { shareIds }),
    (tx) => tx.account.update({ where: { id: owner.id }, data: { disabledAt: owner.ctx.now } }),
  )
  expect(answer).toEqual({ ok: false, refusal: { code: 'SIGNED_OUT' } })
  expect(await left(shareIds)).toBe(6)
})

it('with overlapping cancels by both sides and new shares, each share ends once and no deadlock occurs', async () => {
  for (let round = 0; round < 10; round++) {
    const { here, owner, recipients, images, shareIds } = await sixShares()
    const answers = await race(10, async (index) => {
      if (index < 3) return await cancelShares(owner.ctx, { shareIds: index === 1 ? shareIds.toReversed() : shareIds })
      if (index < 6) {
        const mine = [nth(shareIds, index - 3), nth(shareIds, index)]
        return await cancelShares(nth(recipients, index - 3).ctx, { shareIds: mine })
      }
      if (index < 8) return await cancelShare(owner.ctx, { shareId: nth(shareIds, index - 6) })
      return await shareImage(owner.ctx, asked(here, nth(images, index - 8), ...recipients))
    })
    expect(
      Object.keys(tally(answers)).filter(
        (code) => !['ok', 'SHARES_ENDED', 'SHARE_NOT_FOUND', 'ALREADY_SHARED'].includes(code),
      ),
    ).toEqual([])
    // All or none: what remains of the first six is what no whole selection covered.
    const gone = shareIds.length - (await left(shareIds))
    expect(await ended(shareIds)).toBe(gone)
    const cancelled = answers.map((answer, index) => {
      if (!answer.ok || index > 7) return 0
      return 'cancelled' in answer.value ? answer.value.cancelled : 1
    })
    expect(cancelled.reduce((sum, count) => sum + count, 0)).toBe(gone)
  }
})
