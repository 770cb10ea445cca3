import { describe, expect, it, test } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { beginImport } from '@/lib/imports/writes'
import { ok, type Result } from '@/lib/result'
import {
  account,
  accounts,
  asked,
  held,
  image,
  later,
  noon,
  nth,
  quota,
  race,
  region,
  sharesToday,
  tally,
  usedToday,
} from '@/lib/testing/builders'
import { failTransfer } from '@/lib/transfers/writes'
import { getImageShares } from './reads'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'

process.env.ECS_DATABASE_POOL = '60'

/** How many connections there are once so many are wanted at a time: each is held until the last one is there. */
async function connections(count: number): Promise<number> {
  const pids = new Set<number>()
  let isWhole = () => {}
  const whole = new Promise<void>((resolve) => (isWhole = resolve))
  const hold = async () =>
    await inTransaction(async (tx) => {
      const [backend] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`
      if (backend && pids.add(backend.pid).size === count) isWhole()
      await whole
      return ok(null)
    })
  await Promise.all(Array.from({ length: count }, hold))
  return pids.size
}

const recipientsOf = async (imageId: string) => await db().share.count({ where: { imageId } })

describe('rule 1: 20 recipients', () => {
  it('60 simultaneous shares of one image, from 60 connections, make exactly 20 recipients', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(60)])
    const it = await image(owner, here)
    expect(await connections(60)).toBe(60)
    const results = await race(60, (index) => shareImage(owner.ctx, asked(here, it, nth(others, index))))
    expect(tally(results)).toEqual({ ok: 20, IMAGE_RECIPIENTS_FULL: 40 })
    expect(await recipientsOf(it)).toBe(20)
    expect(await sharesToday(owner)).toEqual({ used: 20, events: 20 })
  })

  it('50 simultaneous shares with 19 taken add exactly 1', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(69)])
    const it = await image(owner, here)
    for (const other of others.slice(0, 19)) await held(it, other)
    const results = await race(50, (index) => shareImage(owner.ctx, asked(here, it, nth(others, 19 + index))))
    expect(tally(results)).toEqual({ ok: 1, IMAGE_RECIPIENTS_FULL: 49 })
    expect(await recipientsOf(it)).toBe(20)
  })

  it('several usernames fit together or not at all, also in races', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(49)])
    const it = await image(owner, here)
    const results = await race(7, (index) =>
      shareImage(owner.ctx, asked(here, it, ...others.slice(7 * index, 7 * index + 7))),
    )
    expect(tally(results)).toEqual({ ok: 2, IMAGE_RECIPIENTS_FULL: 5 })
    const refused = results.flatMap((result) => (result.ok ? [] : [result.refusal]))
    expect(new Set(refused.map((refusal) => JSON.stringify(refusal)))).toEqual(
      new Set([JSON.stringify({ code: 'IMAGE_RECIPIENTS_FULL', max: 20, free: 6, asked: 7 })]),
    )
    expect(await recipientsOf(it)).toBe(14)
  })

  it('a place freed by a cancel is given once', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(40)])
    const it = await image(owner, here)
    const shares = await Promise.all(others.slice(0, 20).map((other) => held(it, other)))
    const results = await race<Result<unknown>>(25, (index) =>
      index < 5
        ? cancelShare(owner.ctx, { shareId: nth(shares, index) })
        : shareImage(owner.ctx, asked(here, it, nth(others, 15 + index))),
    )
    expect(tally(results.slice(0, 5))).toEqual({ ok: 5 })
    const { ok = 0, ...refused } = tally(results.slice(5))
    expect(refused).toEqual({ IMAGE_RECIPIENTS_FULL: 20 - ok })
    expect(await recipientsOf(it)).toBe(15 + ok)
    expect(ok).toBeLessThanOrEqual(5)
  })
})

describe('rule 2: 200 shares a day', () => {
  it('two images of one owner at 195 of 200 take exactly 5 more', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(30)])
    const images = [await image(owner, here), await image(owner, here)]
    await usedToday(owner, 195)
    const results = await race(60, (index) =>
      shareImage(owner.ctx, asked(here, nth(images, index % 2), nth(others, index >> 1))),
    )
    const { ok, DAILY_SHARES_USED_UP: spent = 0, IMAGE_RECIPIENTS_FULL: full = 0 } = tally(results)
    expect([ok, spent + full]).toEqual([5, 55])
    expect(await sharesToday(owner)).toEqual({ used: 200, events: 200 })
    const rows = await db().share.count({ where: { ownerId: owner.id } })
    expect(rows).toBe(5)
  })

  it('cancelling gives nothing back', async () => {
    const [here, owner, other] = await Promise.all([region(), account(), account()])
    const it = await image(owner, here)
    await usedToday(owner, 199)
    const shared = await shareImage(owner.ctx, asked(here, it, other))
    await cancelShare(owner.ctx, { shareId: shared.ok ? (shared.value[0]?.id ?? '') : '' })
    const again = await shareImage(owner.ctx, asked(here, it, other))
    const spent = { max: 200, left: 0, asked: 1, resetsAt: '2026-03-10T16:00:00.000Z' }
    expect(again).toEqual({ ok: false, refusal: { code: 'DAILY_SHARES_USED_UP', ...spent } })
    expect(await sharesToday(owner)).toEqual({ used: 200, events: 200 })
  })

  it('the day changes at midnight in Asia/Shanghai, with 200 new shares', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(3)])
    const it = await image(owner, here)
    await usedToday(owner, 199)
    const last = new Date('2026-03-10T15:59:59.999Z')
    const first = new Date('2026-03-10T16:00:00.000Z')
    const share = async (now: Date, index: number) =>
      await shareImage(owner.at(now), asked(here, it, nth(others, index)))
    expect(await share(last, 0)).toMatchObject({ ok: true })
    expect(await share(last, 1)).toMatchObject({
      refusal: { code: 'DAILY_SHARES_USED_UP', resetsAt: first.toISOString() },
    })
    expect(await getImageShares(owner.at(last), { region: here, imageId: it })).toMatchObject({
      today: { used: 200, resetsAt: first.toISOString() },
    })
    expect(await getImageShares(owner.at(first), { region: here, imageId: it })).toMatchObject({
      today: { used: 0, resetsAt: '2026-03-11T16:00:00.000Z' },
    })
    expect(await share(first, 1)).toMatchObject({ ok: true })
    expect((await sharesToday(owner)).used).toBe(200)
    expect((await sharesToday(owner, '2026-03-11')).used).toBe(1)
  })

  it('shares that race around midnight each count for their own day', async () => {
    const [here, owner, others] = await Promise.all([region(), account(), accounts(20)])
    const it = await image(owner, here)
    const midnight = new Date('2026-03-10T16:00:00.000Z').getTime()
    const results = await race(20, (index) =>
      shareImage(owner.at(new Date(midnight - 10 + index)), asked(here, it, nth(others, index))),
    )
    expect(tally(results)).toEqual({ ok: 20 })
    expect([(await sharesToday(owner)).used, (await sharesToday(owner, '2026-03-11')).used]).toEqual([10, 10])
  })
})

describe("rule 3: the recipient's quota", () => {
  it('a recipient with one place left and 10 sharers gets exactly 1', async () => {
    const [here, recipient, sharers] = await Promise.all([region(), account(), accounts(10)])
    await quota(recipient, here, 2)
    await image(recipient, here)
    const images = await Promise.all(sharers.map((sharer) => image(sharer, here)))
    const results = await race(10, (index) =>
      shareImage(nth(sharers, index).ctx, asked(here, nth(images, index), recipient)),
    )
    expect(tally(results)).toEqual({ ok: 1, RECIPIENT_QUOTA_FULL: 9 })
    expect(await db().share.count({ where: { recipientId: recipient.id } })).toBe(1)
  })

  it("an import and a share that race for the recipient's last place do not both get it", async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    await quota(recipient, here, 1)
    const input = { region: here, name: 'web-01', operatingSystem: 'Debian 12' }
    for (let round = 0; round < 20; round++) {
      const it = await image(owner, here)
      const [begun, shared] = await Promise.all([
        beginImport(recipient.ctx, input),
        shareImage(owner.at(later(round * 1000)), asked(here, it, recipient)),
      ])
      expect([begun.ok, shared.ok].filter(Boolean)).toHaveLength(1)
      if (begun.ok) await failTransfer(recipient.ctx, { ...begun.value, holder: null }, { code: 'IMPORT_INTERRUPTED' })
      if (shared.ok) await cancelShare(recipient.ctx, { shareId: shared.value[0]?.id ?? '' })
    }
  })

  test.each([
    ['importing', true],
    ['available', true],
    ['copying', true],
    ['deleting', true],
    ['deleted', true],
    ['failed', false],
  ] as const)('an own image that is %s takes a place: %s', async (state, takes) => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    await quota(recipient, here, 1)
    await image(recipient, here, { state })
    const shared = await shareImage(owner.ctx, asked(here, await image(owner, here), recipient))
    expect(tally([shared])).toEqual(takes ? { RECIPIENT_QUOTA_FULL: 1 } : { ok: 1 })
  })

  it("is the quota of the image's region, 50 unless the operator sets another, and the sharer learns no numbers", async () => {
    const [here, there, owner, recipient] = await Promise.all([region(), region(), account(), account()])
    await quota(recipient, there, 0)
    for (let count = 0; count < 49; count++) await image(recipient, here)
    const shared = await shareImage(owner.ctx, asked(here, await image(owner, here), recipient))
    expect(shared).toMatchObject({ ok: true })
    const full = await shareImage(owner.ctx, asked(here, await image(owner, here), recipient))
    const recipients = [{ username: recipient.username, code: 'RECIPIENT_QUOTA_FULL' }]
    expect(full).toEqual({ ok: false, refusal: { code: 'RECIPIENT_QUOTA_FULL', recipients } })
  })

  it("a share uses nothing of the sharer's quota", async () => {
    const [here, owner, recipient] = await Promise.all([region(), account(), account()])
    const it = await image(owner, here)
    await quota(owner, here, 1)
    expect(await shareImage(owner.at(noon), asked(here, it, recipient))).toMatchObject({ ok: true })
  })
})

test('the same recipient from 60 connections is added once, and one of the 200 is used', async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  const it = await image(owner, here)
  const results = await race(60, () => shareImage(owner.ctx, asked(here, it, recipient)))
  expect(tally(results)).toEqual({ ok: 1, ALREADY_SHARED: 59 })
  expect(await recipientsOf(it)).toBe(1)
  expect(await sharesToday(owner)).toEqual({ used: 1, events: 1 })
})
