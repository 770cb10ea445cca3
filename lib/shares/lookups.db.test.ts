import { describe, expect, it } from 'vitest'
import { lookUpParams } from '@/lib/accounts/schema'
import { forgetUnknownLookups, lookUpRecipient } from '@/lib/accounts/writes-look-up'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
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
  race,
  region,
  type TestAccount,
  tally,
} from '@/lib/testing/builders'
import { shareImageInput } from './schema'
import { shareImage } from './writes'

process.env.ECS_DATABASE_POOL = '40'

const recorded = async (owner: TestAccount) => await db().unknownLookup.count({ where: { accountId: owner.id } })
const inAnHour = later(minutes(60)).toISOString()

async function askedBefore(owner: TestAccount, count: number, at = noon): Promise<void> {
  const username = () => `gone-${newId('acc').slice(4)}`
  const rows = Array.from({ length: count }, () => ({ accountId: owner.id, username: username(), at }))
  await db().unknownLookup.createMany({ data: rows })
}

describe('a look-up', () => {
  it('confirms one exact username with the masked display name, and recognises your own', async () => {
    const [owner, other] = await Promise.all([account(), account({ displayName: 'Lantern Studio' })])
    const ops = await account({ master: owner })
    const found = { username: other.username, status: 'found', displayName: 'L•••••• S•••••' }
    expect(await lookUpRecipient(owner.ctx, named(other))).toEqual(found)
    const you = { username: owner.username, status: 'you' }
    expect(await lookUpRecipient(owner.ctx, named(owner))).toEqual(you)
    expect(await lookUpRecipient(ops.ctx, named(owner))).toEqual(you)
    expect(await recorded(owner)).toBe(0)
  })

  it('never matches a part, a pattern or a differently folded name', async () => {
    const [owner, other] = await Promise.all([account(), account()])
    const parts = [other.username.slice(0, -1), `${other.username}x`, '%', '_'.repeat(other.username.length), '*']
    for (const part of parts) expect(await lookUpRecipient(owner.ctx, named(part))).toMatchObject({ status: 'unknown' })
    const typed = lookUpParams.parse({ username: ` ${other.username.toUpperCase()} ` })
    expect(await lookUpRecipient(owner.ctx, typed)).toMatchObject({ status: 'found' })
  })

  it.each([
    ['a NUL', 'a\0b'],
    ['a line break', 'a\nb'],
    ['half a character', 'a\uD800b'],
    ['markup', '<script>alert(1)</script>'],
    ['SQL', "' OR 1=1 --"],
    ['a right-to-left mark', 'a\u202Eb'],
    ['an emoji', '😀'],
    ['as much as is let in', 'x'.repeat(256)],
    ['a character that becomes eighteen', '\uFDFA'.repeat(15)],
  ])('of a text with %s is an answer or a refused field, never a fault', async (_, typed) => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    const lookUp = lookUpParams.safeParse({ username: typed })
    if (lookUp.success) expect(await lookUpRecipient(owner.ctx, lookUp.data)).toMatchObject({ status: 'unknown' })
    const share = shareImageInput.safeParse({ region: here, imageId, usernames: [typed] })
    if (share.success) expect(tally([await shareImage(owner.ctx, share.data)])).toEqual({ RECIPIENT_NOT_FOUND: 1 })
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

  it('look-ups and submits, by the master and its sub-accounts, share one limit', async () => {
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
    // A submit of two with one place left reveals neither, and uses that place.
    expect([59, 60]).toContain(told)
    expect(await recorded(owner)).toBe(60)
  })

  it('a submit that would exceed them is refused whole and uses them up', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    await askedBefore(owner, 59)
    const answer = await shareImage(owner.ctx, asked(here, imageId, 'nobody-1', 'nobody-2'))
    const resetsAt = later(minutes(1)).toISOString()
    expect(answer).toEqual({ ok: false, refusal: { code: 'LOOKUPS_USED_UP', max: 60, resetsAt } })
    expect(await recorded(owner)).toBe(60)
    expect(await lookUpRecipient(owner.ctx, named('nobody-3'))).toMatchObject({ status: 'limited' })
  })

  it('known usernames, and refusals about the image, the places and the day, use none', async () => {
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

  it('expire one by one, each after an hour to the millisecond', async () => {
    const owner = await account()
    await askedBefore(owner, 1)
    await askedBefore(owner, 59, later(minutes(10)))
    const lookUp = async (now: Date, name: string) => await lookUpRecipient(owner.at(now), named(name))
    expect(await lookUp(later(minutes(60) - 1), 'nobody')).toMatchObject({ status: 'limited', resetsAt: inAnHour })
    expect(await lookUp(later(minutes(60)), 'nobody')).toMatchObject({ status: 'unknown' })
    const second = { status: 'limited', resetsAt: later(minutes(70)).toISOString() }
    expect(await lookUp(later(minutes(60) + 1), 'nobody')).toMatchObject(second)
    await forgetUnknownLookups(later(minutes(70) - 1))
    expect(await recorded(owner)).toBe(60)
    await forgetUnknownLookups(later(minutes(70)))
    expect(await recorded(owner)).toBe(1)
  })

  it('refused submits do not postpone the end of the limit', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const imageId = await image(owner, here)
    await askedBefore(owner, 60)
    for (let minute = 10; minute < 60; minute += 10) {
      const then = owner.at(later(minutes(minute)))
      expect(await lookUpRecipient(then, named('nobody'))).toMatchObject({ status: 'limited', resetsAt: inAnHour })
      const shared = await shareImage(then, asked(here, imageId, 'nobody'))
      expect(shared).toMatchObject({ refusal: { code: 'LOOKUPS_USED_UP' } })
    }
    expect(await recorded(owner)).toBe(60)
  })

  it('the same name counts once an hour, in look-ups and submits, and again after that', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const ops = await account({ master: owner })
    const imageId = await image(owner, here)
    await race(30, async (index) => {
      if (index % 2 === 0) return await lookUpRecipient(owner.ctx, named('nobody'))
      return await shareImage(ops.ctx, asked(here, imageId, 'nobody'))
    })
    expect(await recorded(owner)).toBe(1)
    await askedBefore(owner, 58)
    const same = await shareImage(owner.ctx, asked(here, imageId, 'nobody', 'nobody-else'))
    expect(tally([same])).toEqual({ RECIPIENT_NOT_FOUND: 1 })
    const nextHour = owner.at(later(minutes(60)))
    expect(await lookUpRecipient(nextHour, named('nobody'))).toMatchObject({ status: 'unknown' })
    const counted = { accountId: owner.id, at: { gte: nextHour.now } }
    expect(await db().unknownLookup.findMany({ where: counted })).toMatchObject([{ username: 'nobody' }])
  })

  it('an impossible username is unknown and does not count', async () => {
    const [here, owner, master] = await Promise.all([region(), account(), account()])
    const sub = await account({ master })
    const imageId = await image(owner, here)
    const words = [sub.username, 'lantern@example.com', 'lantern studio', 'аdmin', '-a', 'x'.repeat(33)]
    for (const word of words) {
      expect(await lookUpRecipient(owner.ctx, named(word))).toEqual({ username: word, status: 'unknown' })
    }
    const usernames = ['Lantern Studio <lantern@example.com>', ...words.slice(3)]
    const answer = await shareImage(owner.ctx, shareImageInput.parse({ region: here, imageId, usernames }))
    expect(answer).toMatchObject({ refusal: { code: 'RECIPIENT_NOT_FOUND', recipients: { length: 4 } } })
    expect(await recorded(owner)).toBe(0)
  })

  it("one tenant's do not count for another", async () => {
    const [one, other] = await Promise.all([account(), account()])
    await askedBefore(one, 60)
    expect(await lookUpRecipient(other.ctx, named('nobody'))).toMatchObject({ status: 'unknown' })
  })
})
