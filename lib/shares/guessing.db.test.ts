import { expect, it } from 'vitest'
import { forgetUnknownLookups, lookUpRecipient } from '@/lib/accounts/writes-look-up'
import { db } from '@/lib/db/client'
import {
  account,
  accounts,
  asked,
  image,
  later,
  minutes,
  named,
  noon,
  nth,
  quota,
  race,
  region,
  type TestAccount,
  tally,
  usedToday,
  whileLocked,
} from '@/lib/testing/builders'
import { shareImage } from './writes'

// Rule 14: once the hour's unknown usernames are used up, one share submit a minute is allowed, and no answer gives a reason.

process.env.ECS_DATABASE_POOL = '40'

/** A master account whose 60 look-ups are used up at noon, with an image in a region. */
async function guesser() {
  const [here, owner] = await Promise.all([region(), account()])
  const names = Array.from({ length: 60 }, (_, index) => ({ accountId: owner.id, username: `gone-${index}`, at: noon }))
  await db().unknownLookup.createMany({ data: names })
  return { here, owner, imageId: await image(owner, here) }
}

const waiting = (ms: number) => ({
  ok: false,
  refusal: { code: 'LOOKUPS_USED_UP', max: 60, resetsAt: later(ms).toISOString() },
})

it('no answer distinguishes a known username from an unknown one, whatever else is wrong with it', async () => {
  const { here, owner, imageId } = await guesser()
  const [known, full, master] = await Promise.all([account(), account(), account()])
  const [sub, disabled] = [await account({ master }), await account({ disabledAt: noon })]
  await quota(full, here, 0)
  const answers: string[] = []
  let minute = 0
  for (const one of [known, full, sub, disabled, 'nobody']) {
    const name = typeof one === 'string' ? one : one.username
    const lookUp = await lookUpRecipient(owner.ctx, named(name))
    const withYou = await shareImage(owner.at(later(minutes(minute))), asked(here, imageId, name, owner))
    const tooSoon = await shareImage(owner.at(later(minutes(minute) + 1)), asked(here, imageId, name))
    const withUnknown = await shareImage(
      owner.at(later(minutes(minute + 1))),
      asked(here, imageId, name, 'nobody-else'),
    )
    expect([withYou, tooSoon]).toEqual([waiting(minutes(minute + 1)), waiting(minutes(minute + 1))])
    expect(withUnknown).toEqual(waiting(minutes(minute + 2)))
    answers.push(JSON.stringify(lookUp).replaceAll(name, '…'))
    minute += 2
  }
  expect(new Set(answers).size).toBe(1)
  expect(await db().share.count({ where: { imageId } })).toBe(0)
})

it('of 305 submits of single names, five of them known, 61 at a time, one is allowed', async () => {
  const { here, owner, imageId } = await guesser()
  const known = await accounts(5)
  const results: Awaited<ReturnType<typeof shareImage>>[] = []
  for (const one of known) {
    const share = async (index: number) =>
      await shareImage(owner.ctx, asked(here, imageId, index === 30 ? one : `nobody-${one.username}-${index}`))
    results.push(...(await race(61, share)))
  }
  const { ok = 0, LOOKUPS_USED_UP: silent } = tally(results)
  expect(await db().share.count({ where: { imageId } })).toBe(ok)
  expect(ok).toBeLessThanOrEqual(1)
  expect(ok + (silent ?? 0)).toBe(305)
  const soon = await shareImage(owner.at(later(minutes(1) - 1)), asked(here, imageId, nth(known, 1)))
  expect(soon).toEqual(waiting(minutes(1)))
  expect(await db().unknownLookup.count({ where: { accountId: owner.id } })).toBe(60)
})

it('of 60 honest shares at once, by the master and its sub-accounts, one is allowed, and one more each minute', async () => {
  const { here, owner } = await guesser()
  const ops = await account({ master: owner })
  const [recipients, images] = await Promise.all([
    accounts(60),
    Promise.all(Array.from({ length: 60 }, () => image(owner, here))),
  ])
  // Each round uses other recipients: repeating an earlier share would use up the submit without a result.
  const shareAt = (now: Date, round: number) => async (index: number) => {
    const who: TestAccount = index % 2 === 0 ? owner : ops
    return await shareImage(who.at(now), asked(here, nth(images, index), nth(recipients, (index + round) % 60)))
  }
  expect(tally(await race(60, shareAt(noon, 0)))).toEqual({ ok: 1, LOOKUPS_USED_UP: 59 })
  expect(tally(await race(60, shareAt(later(minutes(1) - 1), 1)))).toEqual({ LOOKUPS_USED_UP: 60 })
  expect(tally(await race(60, shareAt(later(minutes(1)), 2)))).toEqual({ ok: 1, LOOKUPS_USED_UP: 59 })
})

it('a submit that has to wait locks no recipient', async () => {
  const { here, owner, imageId } = await guesser()
  const known = await account()
  await db().shareTry.create({ data: { accountId: owner.id, at: noon } })
  let isAnswered = false
  const held = whileLocked(
    [known.id],
    async () => {
      const answer = await shareImage(owner.ctx, asked(here, imageId, known))
      isAnswered = true
      // An allowed submit waits for the recipient's row, which another transaction has locked.
      return [answer, await shareImage(owner.at(later(minutes(1))), asked(here, imageId, known))]
    },
    async () => expect(isAnswered).toBe(true),
  )
  expect(await held).toMatchObject([waiting(minutes(1)), { ok: true }])
})

it('a refusal that reveals nothing of usernames uses up no submit: the image, its places, the day', async () => {
  const { here, owner, imageId } = await guesser()
  const busy = await image(owner, here, { state: 'importing' })
  const known = await account()
  expect(tally([await shareImage(owner.ctx, asked(here, busy, known))])).toEqual({ IMAGE_NOT_AVAILABLE: 1 })
  await usedToday(owner, 199)
  const two = await shareImage(owner.ctx, asked(here, imageId, known, 'nobody'))
  expect(tally([two])).toEqual({ DAILY_SHARES_USED_UP: 1 })
  expect(tally([await shareImage(owner.ctx, asked(here, imageId, known))])).toEqual({ ok: 1 })
})

it("tenants' submits are independent, and after the hour nobody waits", async () => {
  const { here, owner, imageId } = await guesser()
  const [other, recipients] = await Promise.all([account(), accounts(3)])
  const theirs = await image(other, here)
  await shareImage(owner.at(later(minutes(59.9))), asked(here, imageId, 'nobody'))
  expect(await shareImage(other.ctx, asked(here, theirs, nth(recipients, 0)))).toMatchObject({ ok: true })
  const early = await shareImage(owner.at(later(minutes(60) - 1)), asked(here, imageId, nth(recipients, 0)))
  expect(early).toEqual(waiting(minutes(60)))
  const after = owner.at(later(minutes(60)))
  expect(await shareImage(after, asked(here, imageId, nth(recipients, 1)))).toMatchObject({ ok: true })
  expect(await shareImage(after, asked(here, imageId, nth(recipients, 2)))).toMatchObject({ ok: true })
  await forgetUnknownLookups(later(minutes(120)))
  expect(await db().shareTry.count({ where: { accountId: owner.id } })).toBe(0)
})
