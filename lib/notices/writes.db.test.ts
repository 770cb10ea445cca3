import { expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { cancelShare } from '@/lib/shares/writes-end'
import { account, image, later, noon, nth, region, type TestAccount } from '@/lib/testing/builders'
import { countUnread, getNoticeChoices, listNotices } from './reads'
import { noticeKinds } from './rules'
import { noticeParams } from './schema'
import { chooseNotices, forgetNotices, markNoticesRead } from './writes'

const all = noticeParams.parse({})
const unread = noticeParams.parse({ show: 'unread' })
const noChoice = {
  console: [...noticeKinds],
  email: [],
  webhook: [...noticeKinds],
  pace: 'soon',
  locale: 'en',
} as const

async function shared(sharer: TestAccount, recipients: TestAccount[], here: string): Promise<string[]> {
  const imageId = await image(sharer, here)
  const usernames = recipients.map(({ username }) => username)
  const answer = await shareImage(sharer.ctx, { region: here, imageId, usernames, note: '' })
  if (!answer.ok) throw new Error(answer.refusal.code)
  return answer.value.map(({ id }) => id)
}

async function told(reader: TestAccount): Promise<string[]> {
  return (await listNotices(reader.ctx, all)).items.map(({ kind }) => kind)
}

it("notifies every person of a share's recipient, and nobody of the sharer", async () => {
  const [sharer, recipient, here] = [await account(), await account(), await region()]
  const person = await account({ master: recipient })
  await shared(sharer, [recipient], here)
  expect(await told(recipient)).toEqual(['share.received'])
  expect(await told(person)).toEqual(['share.received'])
  expect(await told(sharer)).toEqual([])
  const { items } = await listNotices(person.ctx, all)
  expect(nth(items, 0)).toMatchObject({ other: sharer.username, side: 'recipient', isRead: false, regionId: here })
})

it('notifies the other side of a cancelled share, whichever side cancels', async () => {
  const [sharer, one, two, here] = [await account(), await account(), await account(), await region()]
  const [ofOne = '', ofTwo = ''] = await shared(sharer, [one, two], here)
  await cancelShare(sharer.ctx, { shareId: ofOne })
  await cancelShare(two.ctx, { shareId: ofTwo })
  expect(await told(one)).toEqual(['share.cancelled', 'share.received'])
  expect(await told(two)).toEqual(['share.received'])
  expect(await told(sharer)).toEqual(['share.cancelled'])
})

it('writes no notices for a rolled back transaction', async () => {
  const [sharer, recipient] = [await account(), await account()]
  const undone = inTransaction(async (tx) => {
    await recordEvents(tx, sharer.ctx, [{ action: 'share.create', recipient }])
    throw new Error('undone')
  })
  await expect(undone).rejects.toThrow('undone')
  expect(await told(recipient)).toEqual([])
})

it('writes 20 notices for one statement with 20 events', async () => {
  const [sharer, here] = [await account(), await region()]
  const recipients = await Promise.all(Array.from({ length: 20 }, () => account()))
  await shared(sharer, recipients, here)
  expect(await Promise.all(recipients.map(told))).toEqual(recipients.map(() => ['share.received']))
})

it('notifies only the acting person of a new place', async () => {
  const master = await account()
  const person = await account({ master })
  await inTransaction(async (tx) => {
    await recordEvents(tx, person.ctx, [{ action: 'session.place' }])
    return ok(null)
  })
  expect(await told(person)).toEqual(['session.place'])
  expect(await told(master)).toEqual([])
})

it('hides a kind that its reader has switched off, for that reader alone', async () => {
  const [sharer, recipient, here] = [await account(), await account(), await region()]
  const person = await account({ master: recipient })
  const console = noticeKinds.filter((kind) => kind !== 'share.received')
  await chooseNotices(person.ctx, { ...noChoice, console, webhook: [], email: [] })
  await shared(sharer, [recipient], here)
  expect(await told(person)).toEqual([])
  expect(await countUnread(person.ctx)).toEqual({ unread: 0, isMore: false })
  expect(await told(recipient)).toEqual(['share.received'])
  expect((await getNoticeChoices(person.ctx)).choices['share.received']).toEqual({
    console: false,
    email: false,
    webhook: false,
  })
})

it('sends e-mail about a kind only to those who chose it, with one job for many notices', async () => {
  const [sharer, recipient, here] = [await account(), await account(), await region()]
  await chooseNotices(recipient.ctx, {
    ...noChoice,
    console: [],
    webhook: [],
    email: ['share.received'],
    pace: 'hourly',
  })
  await shared(sharer, [recipient], here)
  await shared(sharer, [recipient], here)
  const jobs = await db().$queryRaw<{ wait: number }[]>`
    SELECT extract(epoch FROM run_at - now())::int / 60 AS wait FROM graphile_worker.jobs WHERE key = ${`send-mail ${recipient.id}`}`
  expect(jobs).toEqual([{ wait: expect.toSatisfy((wait: number) => wait >= 58 && wait <= 60) }])
  expect(await db().notice.count({ where: { accountId: recipient.id, isMailDue: true } })).toBe(2)
  await chooseNotices(recipient.ctx, { ...noChoice, console: [], webhook: [], email: [] })
  expect(await db().notice.count({ where: { accountId: recipient.id, isMailDue: true } })).toBe(0)
})

it("marks own notices as read, one or all up to one, and nobody else's", async () => {
  const [sharer, recipient, here] = [await account(), await account(), await region()]
  for (let count = 0; count < 3; count++) await shared(sharer, [recipient], here)
  const { items } = await listNotices(recipient.ctx, all)
  const [newest, second] = [nth(items, 0), nth(items, 1)]
  expect(await markNoticesRead(sharer.ctx, { upTo: newest.id })).toEqual(ok({ marked: 0 }))
  expect(await markNoticesRead(recipient.ctx, { id: second.id })).toEqual(ok({ marked: 1 }))
  expect(await countUnread(recipient.ctx)).toEqual({ unread: 2, isMore: false })
  await shared(sharer, [recipient], here)
  expect(await markNoticesRead(recipient.ctx, { upTo: newest.id })).toEqual(ok({ marked: 2 }))
  expect((await listNotices(recipient.ctx, unread)).items).toHaveLength(1)
})

it('pages through 60 notices in both directions without losing or repeating one', async () => {
  const [sharer, recipient] = [await account(), await account()]
  const events = Array.from({ length: 60 }, () => ({ action: 'share.create' as const, recipient }))
  await inTransaction(async (tx) => ok(await recordEvents(tx, sharer.ctx, events)))
  const seen: string[] = []
  let page = await listNotices(recipient.ctx, all)
  seen.push(...page.items.map(({ id }) => id))
  while (page.next) {
    page = await listNotices(recipient.ctx, noticeParams.parse({ after: page.next }))
    seen.push(...page.items.map(({ id }) => id))
  }
  expect(new Set(seen).size).toBe(60)
  expect(seen).toEqual([...seen].sort((a, b) => Number(b) - Number(a)))
  const before = await listNotices(recipient.ctx, noticeParams.parse({ before: page.prev ?? '' }))
  expect(before.items.map(({ id }) => id)).toEqual(seen.slice(25, 50))
})

it('deletes notices older than 90 days, and all but the newest 1,000 of each person', async () => {
  const [sharer, recipient] = [await account(), await account()]
  const record = async (count: number, now: Date) => {
    const events = Array.from({ length: count }, () => ({ action: 'share.create' as const, recipient }))
    await inTransaction(async (tx) => ok(await recordEvents(tx, sharer.at(now), events)))
  }
  const day = 24 * 60 * 60 * 1000
  await record(3, later(-91 * day))
  await record(1_005, later(-89 * day))
  expect(await countUnread(recipient.ctx)).toEqual({ unread: 99, isMore: true })
  await forgetNotices(noon)
  expect(await db().notice.count({ where: { accountId: recipient.id } })).toBe(1_000)
  expect(await db().notice.count({ where: { accountId: recipient.id, at: { lt: later(-90 * day) } } })).toBe(0)
})
