import { describe, expect, it } from 'vitest'
import { lookUpRecipient } from '@/lib/accounts/writes'
import { db } from '@/lib/db/client'
import {
  account,
  accounts,
  asked,
  held,
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
} from '@/lib/testing/builders'
import { lookUpParams, shareImageInput } from './schema'
import { shareImage } from './writes'

process.env.ECS_DATABASE_POOL = '40'

const recorded = async (owner: TestAccount) => await db().unknownLookup.count({ where: { accountId: owner.id } })
const inAnHour = later(minutes(60)).toISOString()

async function askedBefore(owner: TestAccount, count: number, at = noon): Promise<void> {
  const rows = Array.from({ length: count }, () => ({ id: crypto.randomUUID(), accountId: owner.id, at }))
  await db().unknownLookup.createMany({ data: rows })
}

describe('a look-up', () => {
  it('confirms one exact username with the masked display name, and says when it is your own', async () => {
    const [owner, other] = await Promise.all([account(), account({ displayName: 'Lantern Studio' })])
    const ops = await account({ master: owner })
    const found = { username: other.username, status: 'found', displayName: 'L•••••• S•••••' }
    expect(await lookUpRecipient(owner.ctx, named(other))).toEqual(found)
    const you = { username: owner.username, status: 'you' }
    expect(await lookUpRecipient(owner.ctx, named(owner))).toEqual(you)
    expect(await lookUpRecipient(ops.ctx, named(owner))).toEqual(you)
    expect(await recorded(owner)).toBe(0)
  })

  it('never finds by a part, a pattern or another case than the folded one', async () => {
    const [owner, other] = await Promise.all([account(), account()])
    const parts = [other.username.slice(0, -1), `${other.username}x`, '%', '_'.repeat(other.username.length), '*']
    for (const part of parts) expect(await lookUpRecipient(owner.ctx, named(part))).toMatchObject({ status: 'unknown' })
    const typed = lookUpParams.parse({ username: ` ${other.username.toUpperCase()} ` })
    expect(await lookUpRecipient(owner.ctx, typed)).toMatchObject({ status: 'found' })
  })

  it.each([
    ['a NUL', 'a\0b'],
    ['half a character', 'a\uD800b'],
    ['markup', '<script>alert(1)</script>'],
    ['SQL', "' OR 1=1 --"],
    ['a right-to-left mark', 'a\u202Eb'],
    ['an emoji', '😀'],
    ['as much as is let in', 'x'.repeat(65)],
  ])('of a text with %s is an answer or a refused field, never a fault', async (_, typed) => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    const lookUp = lookUpParams.safeParse({ username: typed })
    if (lookUp.success) expect(await lookUpRecipient(owner.ctx, lookUp.data)).toMatchObject({ status: 'unknown' })
    const share = shareImageInput.safeParse({ region: here, imageId, usernames: [typed] })
    if (share.success) expect(tally([await shareImage(owner.ctx, share.data)])).toEqual({ RECIPIENT_NOT_FOUND: 1 })
    expect(share.success).toBe(lookUp.success)
  })
})

describe('unknown usernames: 60 an hour for a master account', () => {
  it('100 look-ups at once get exactly 60 answers', async () => {
    const owner = await account()
    const answers = await race(100, (index) => lookUpRecipient(owner.ctx, named(`nobody-${index}`)))
    const count = (status: string) => answers.filter((answer) => answer.status === status).length
    expect([count('unknown'), count('limited')]).toEqual([60, 40])
    expect(await recorded(owner)).toBe(60)
  })

  it('look-ups and submits, by the master and its sub-accounts, are limited together', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const ops = await account({ master: owner })
    const imageId = await image(owner, here)
    let told = 0
    await race(80, async (index) => {
      const who = index % 2 === 0 ? owner : ops
      if (index < 40) {
        const answer = await lookUpRecipient(who.ctx, named(`nobody-${index}`))
        if (answer.status === 'unknown') told += 1
      } else {
        const answer = await shareImage(who.ctx, asked(here, imageId, `nobody-${index}`, `nowhere-${index}`))
        if (!answer.ok && answer.refusal.code === 'RECIPIENT_NOT_FOUND') told += 2
        else expect(answer).toMatchObject({ refusal: { code: 'LOOKUPS_USED_UP', max: 60 } })
      }
    })
    // A submit of two with one place left tells of neither, and takes that place.
    expect([59, 60]).toContain(told)
    expect(await recorded(owner)).toBe(60)
  })

  it('a submit that would go beyond them is refused whole and uses them up', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    await askedBefore(owner, 59)
    const answer = await shareImage(owner.ctx, asked(here, imageId, 'nobody-1', 'nobody-2'))
    expect(answer).toEqual({ ok: false, refusal: { code: 'LOOKUPS_USED_UP', max: 60, resetsAt: inAnHour } })
    expect(await recorded(owner)).toBe(60)
    expect(await lookUpRecipient(owner.ctx, named('nobody-3'))).toMatchObject({ status: 'limited' })
  })

  it('known usernames, and refusals of the image, the places and the day, use none', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(21)])
    const full = await image(owner, here)
    for (const other of others.slice(0, 20)) await held(full, other)
    const busy = await image(owner, here, { state: 'importing' })
    await shareImage(owner.ctx, asked(here, full, 'nobody'))
    await shareImage(owner.ctx, asked(here, busy, 'nobody'))
    await shareImage(owner.ctx, asked(here, await image(owner, here), nth(others, 20)))
    await lookUpRecipient(owner.ctx, named(nth(others, 0)))
    expect(await recorded(owner)).toBe(0)
  })

  it('are forgotten one by one, each after an hour to the millisecond', async () => {
    const owner = await account()
    await askedBefore(owner, 1)
    await askedBefore(owner, 59, later(minutes(10)))
    const lookUp = async (now: Date) => await lookUpRecipient(owner.at(now), named('nobody'))
    expect(await lookUp(later(minutes(60) - 1))).toMatchObject({ status: 'limited', resetsAt: inAnHour })
    expect(await lookUp(later(minutes(60)))).toMatchObject({ status: 'unknown' })
    const second = { status: 'limited', resetsAt: later(minutes(70)).toISOString() }
    expect(await lookUp(later(minutes(60) + 1))).toMatchObject(second)
  })

  it('refused tries do not push away the moment at which the limit ends', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    await askedBefore(owner, 60)
    for (let minute = 10; minute < 60; minute += 10) {
      const then = owner.at(later(minutes(minute)))
      expect(await lookUpRecipient(then, named('nobody'))).toMatchObject({ status: 'limited', resetsAt: inAnHour })
      const shared = await shareImage(then, asked(here, imageId, 'nobody'))
      expect(shared).toMatchObject({ refusal: { code: 'LOOKUPS_USED_UP', resetsAt: inAnHour } })
    }
    expect(await recorded(owner)).toBe(60)
  })

  it("one tenant's are not another's", async () => {
    const [one, other] = await Promise.all([account(), account()])
    await askedBefore(one, 60)
    expect(await lookUpRecipient(other.ctx, named('nobody'))).toMatchObject({ status: 'unknown' })
  })
})

it('once they are used up, no answer tells a known username from an unknown one', async () => {
  const [here, owner, known, full] = await Promise.all([region(), account(), account(), account()])
  const [sub, disabled] = [await account({ master: known }), await account({ disabledAt: noon })]
  const imageId = await image(owner, here)
  await quota(full, here, 0)
  await askedBefore(owner, 60)
  const names = [known, full, sub, disabled, 'nobody'].map((one) => (typeof one === 'string' ? one : one.username))
  const answers: string[] = []
  for (const name of names) {
    const lookUp = await lookUpRecipient(owner.ctx, named(name))
    const withYou = await shareImage(owner.ctx, asked(here, imageId, name, owner))
    const withUnknown = await shareImage(owner.ctx, asked(here, imageId, name, 'nobody-else'))
    answers.push(JSON.stringify([lookUp, withYou, withUnknown]).replaceAll(name, '…'))
  }
  expect(new Set(answers).size).toBe(1)
  const alone = await Promise.all(
    [full, sub, disabled, 'nobody'].map((one) => shareImage(owner.ctx, asked(here, imageId, one))),
  )
  expect(new Set(alone.map((answer) => JSON.stringify(answer))).size).toBe(1)
  // Who truly has a recipient's username still shares with it.
  expect(await shareImage(owner.ctx, asked(here, imageId, known))).toMatchObject({ ok: true })
})
