import { beforeEach, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { account, asked, image, nth, race, region, type TestAccount, tally, whileLocked } from '@/lib/testing/builders'
import { daysLeft, nextEndNotice } from './rules'
import { shareImage } from './writes'
import { cancelShare } from './writes-end'
import { tellEndingShares } from './writes-ending'
import { extendShares } from './writes-extend'

const hour = 60 * 60 * 1000
const day = 24 * hour

let owner: TestAccount
let recipient: TestAccount
let imageId: string
let here: string

beforeEach(async () => {
  ;[here, owner, recipient] = [await region(), await account(), await account()]
  imageId = await image(owner, here)
})

async function shared(until: '7' | '30' | 'never'): Promise<string> {
  const made = await shareImage(owner.ctx, { ...asked(here, imageId, recipient), until })
  return made.ok ? nth(made.value, 0).id : ''
}

/** Shifts a share in time, so that it ends in `ms`. */
async function endsIn(id: string, ms: number): Promise<void> {
  await db().$executeRaw`
    UPDATE "Share" SET "endNoticeAt" = "endNoticeAt" - ("expiresAt" - (clock_timestamp() + ${ms} * interval '1 millisecond')),
      "expiresAt" = clock_timestamp() + ${ms} * interval '1 millisecond' WHERE id = ${id}`
}

const sweep = async () => await tellEndingShares(new Date())

/** The days in the notices of each side. */
async function told(id: string): Promise<{ owner: unknown[]; recipient: unknown[] }> {
  const notices = await db().notice.findMany({
    where: { kind: 'share.ending', event: { shareId: id } },
    include: { event: true },
    orderBy: { id: 'asc' },
  })
  const of = (side: TestAccount) =>
    notices
      .filter(({ accountId }) => accountId === side.id)
      .map(({ event: { details } }) => (details instanceof Object && 'days' in details ? details.days : null))
  return { owner: of(owner), recipient: of(recipient) }
}

it('notifies both sides 7 days and 1 day before a share ends, once each, however many workers run', async () => {
  const id = await shared('30')
  await sweep()
  expect(await told(id)).toEqual({ owner: [], recipient: [] })
  for (const [ms, days] of [
    [7 * day - 1_000, [7]],
    [6 * day, [7]],
    [day - 1_000, [7, 1]],
    [hour, [7, 1]],
  ] as const) {
    await endsIn(id, ms)
    await race(6, async () => {
      await sweep()
      return { ok: true as const, value: null }
    })
    expect(await told(id), `${ms} ms before`).toEqual({ owner: days, recipient: days })
  }
  const [event] = await db().event.findMany({ where: { shareId: id, action: 'share.ending' } })
  expect(event).toMatchObject({ actorName: 'system', ownerId: owner.id, recipientId: recipient.id, imageId })
})

it('notifies only on the day before of a share that is made for 7 days, because its creation already names the end', async () => {
  const id = await shared('7')
  await sweep()
  expect(await told(id)).toEqual({ owner: [], recipient: [] })
  await endsIn(id, day - 1)
  await sweep()
  expect(await told(id)).toEqual({ owner: [1], recipient: [1] })
})

it('notifies once of the days that are left after the worker was down', async () => {
  const id = await shared('30')
  await endsIn(id, 3 * day - 1)
  await sweep()
  expect(await told(id)).toEqual({ owner: [3], recipient: [3] })
  const late = await shareImage(owner.ctx, { ...asked(here, await image(owner, here), recipient), until: '30' })
  const other = late.ok ? nth(late.value, 0).id : ''
  await endsIn(other, hour)
  await sweep()
  await sweep()
  expect(await told(other)).toEqual({ owner: [1], recipient: [1] })
})

it('notifies again of an extended share, and not of one without an end, or one that has ended or was cancelled', async () => {
  const id = await shared('30')
  await endsIn(id, day - 1)
  await sweep()
  expect(tally([await extendShares(owner.ctx, { shareIds: [id], until: '30' })])).toEqual({ ok: 1 })
  await endsIn(id, 7 * day - 1)
  await sweep()
  expect(await told(id)).toEqual({ owner: [1, 7], recipient: [1, 7] })
  await endsIn(id, day - 1)
  expect(tally([await extendShares(owner.ctx, { shareIds: [id], until: 'never' })])).toEqual({ ok: 1 })
  await sweep()
  expect(await db().share.findUnique({ where: { id } })).toMatchObject({ endNoticeAt: null, expiresAt: null })
  expect(tally([await extendShares(owner.ctx, { shareIds: [id], until: '30' })])).toEqual({ ok: 1 })
  await endsIn(id, -1)
  await sweep()
  expect(await told(id)).toEqual({ owner: [1, 7], recipient: [1, 7] })
})

it("runs under the image's lock: a share that is extended or cancelled first causes no notice", async () => {
  const id = await shared('30')
  await endsIn(id, day - 1)
  const later = new Date(Date.now() + 30 * day)
  await whileLocked([imageId], sweep, async (tx) => {
    await tx.share.update({
      where: { id },
      data: { expiresAt: later, endNoticeAt: new Date(later.getTime() - 7 * day) },
    })
  })
  expect(await told(id)).toEqual({ owner: [], recipient: [] })
  await endsIn(id, day - 1)
  expect(tally([await cancelShare(owner.ctx, { shareId: id })])).toEqual({ ok: 1 })
  await sweep()
  expect(await told(id)).toEqual({ owner: [], recipient: [] })
})

it('records the notice and the time of the next one together or not at all', async () => {
  const id = await shared('30')
  await endsIn(id, 7 * day - 1)
  // Simulates a worker that is killed in between: the trigger of events fails.
  await db().$executeRawUnsafe(
    `CREATE FUNCTION fail_ending() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       IF NEW."shareId" = '${id}' AND NEW.action = 'share.ending' THEN RAISE EXCEPTION 'killed'; END IF; RETURN NEW; END $$`,
  )
  await db().$executeRawUnsafe(
    'CREATE TRIGGER fail_ending BEFORE INSERT ON "Event" FOR EACH ROW EXECUTE FUNCTION fail_ending()',
  )
  await expect(sweep()).rejects.toThrow('killed')
  await db().$executeRawUnsafe('DROP FUNCTION fail_ending CASCADE')
  expect(await told(id)).toEqual({ owner: [], recipient: [] })
  await sweep()
  expect(await told(id)).toEqual({ owner: [7], recipient: [7] })
})

it('counts notice times from the end, and a started day as a whole one', () => {
  const end = new Date('2026-12-31T16:00:00Z')
  const before = (ms: number) => new Date(end.getTime() - ms)
  expect(nextEndNotice(null, end)).toBeNull()
  expect(nextEndNotice(end, before(7 * day + 1))).toEqual(before(7 * day))
  expect(nextEndNotice(end, before(7 * day))).toEqual(before(day))
  expect(nextEndNotice(end, before(day))).toBeNull()
  expect([7 * day, 6 * day + 1, day, 1, 0].map((ms) => daysLeft(end, before(ms)))).toEqual([7, 7, 1, 1, 1])
})
