import { beforeAll, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { Refused } from '@/lib/result'
import { account, later, minutes, noon, region, type TestAccount } from '@/lib/testing/builders'
import { instance } from '@/lib/testing/builders-instances'
import { judgeViews } from './reads'
import { ticketMs, ticketsMax } from './rules'
import { type OpenTicketInput, openTicketInput } from './schema'
import { openTicket, redeemTicket } from './writes'

let place: string
beforeAll(async () => {
  place = await region()
})

async function session(who: TestAccount): Promise<string> {
  const id = crypto.randomUUID()
  await db().session.create({ data: { id, accountId: who.id, createdAt: noon, expiresAt: later(minutes(60)) } })
  return id
}

async function ready(state: 'running' | 'paused' | 'stopped' = 'running') {
  const owner = await account()
  const instanceId = await instance(owner, place, { state })
  return { owner, instanceId, sessionId: await session(owner) }
}

const asked = (instanceId: string, more: Partial<OpenTicketInput> = {}) =>
  openTicketInput.parse({ instanceId, kind: 'console', ...more })

async function take({ owner, sessionId, instanceId }: Awaited<ReturnType<typeof ready>>): Promise<string> {
  return (await openTicket({ ...owner.ctx, sessionId }, asked(instanceId))).ticket
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown) => thrown,
  )
  return error instanceof Refused ? error.refusal.code : String(error)
}

it('a ticket opens its view once', async () => {
  const { owner, sessionId, instanceId } = await ready()
  const { ticket } = await openTicket({ ...owner.ctx, sessionId }, asked(instanceId, { from: 77, takeOver: true }))
  const view = { instanceId, ownerId: owner.id, kind: 'console', from: 77, isTakeOver: true }
  expect(await redeemTicket(ticket, sessionId, noon)).toEqual(view)
  expect(await redeemTicket(ticket, sessionId, noon)).toBeNull()
})

it('of twenty uses of the same ticket at once, one is accepted', async () => {
  const one = await ready()
  const ticket = await take(one)
  const views = await Promise.all(Array.from({ length: 20 }, () => redeemTicket(ticket, one.sessionId, noon)))
  expect(views.filter(Boolean)).toHaveLength(1)
})

it('the database stores only a digest', async () => {
  const one = await ready()
  const ticket = await take(one)
  const rows = await db().viewTicket.findMany({ where: { sessionId: one.sessionId } })
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows.map(({ id }) => id))).not.toContain(ticket)
})

it("another session cannot use it, not even the same account's, and nobody can afterwards", async () => {
  const one = await ready()
  for (const other of [await session(one.owner), await session(await account()), 'nobody']) {
    const ticket = await take(one)
    expect(await redeemTicket(ticket, other, noon)).toBeNull()
    expect(await redeemTicket(ticket, one.sessionId, noon)).toBeNull()
  }
})

it('it is valid for 30 s', async () => {
  const one = await ready()
  const age = (ms: number) =>
    db().$executeRaw`UPDATE "ViewTicket" SET "expiresAt" = "expiresAt" - ${ms} * interval '1 millisecond'`
  const young = await take(one)
  await age(ticketMs - 5_000)
  expect(await redeemTicket(young, one.sessionId, noon)).not.toBeNull()
  const old = await take(one)
  await age(ticketMs)
  expect(await redeemTicket(old, one.sessionId, noon)).toBeNull()
})

it('a malformed ticket is refused', async () => {
  const { sessionId } = await ready()
  for (const nonsense of ['', 'x', "' OR true --", 'a'.repeat(43), 'a'.repeat(100_000), '\0'])
    expect(await redeemTicket(nonsense, sessionId, noon)).toBeNull()
})

it.each<[string, (one: Awaited<ReturnType<typeof ready>>) => Promise<unknown>]>([
  ['signed out', ({ sessionId }) => db().session.delete({ where: { id: sessionId } })],
  ['was disabled', ({ owner }) => db().account.update({ where: { id: owner.id }, data: { disabledAt: noon } })],
  ['has terminated it', ({ instanceId }) => set(instanceId, 'terminating')],
  ['has stopped it', ({ instanceId }) => set(instanceId, 'stopped')],
])('it opens nothing when its account %s meanwhile', async (_, meanwhile) => {
  const one = await ready()
  const ticket = await take(one)
  await meanwhile(one)
  expect(await redeemTicket(ticket, one.sessionId, noon)).toBeNull()
})

async function set(id: string, state: 'terminating' | 'stopped') {
  await db().instance.update({ where: { id }, data: { state } })
}

it("it opens nothing when its session has expired, or its sub-account's master is disabled", async () => {
  const one = await ready()
  expect(await redeemTicket(await take(one), one.sessionId, later(minutes(60)))).toBeNull()
  const sub = await account({ master: one.owner })
  const sessionId = await session(sub)
  const { ticket } = await openTicket({ ...sub.ctx, sessionId }, asked(one.instanceId))
  const { ticket: second } = await openTicket({ ...sub.ctx, sessionId }, asked(one.instanceId))
  expect(await redeemTicket(ticket, sessionId, noon)).toMatchObject({ ownerId: one.owner.id })
  await db().account.update({ where: { id: one.owner.id }, data: { disabledAt: noon } })
  expect(await redeemTicket(second, sessionId, noon)).toBeNull()
})

it("another's instance, a missing one and a terminated one get the same refusal", async () => {
  const [mine, other] = [await ready(), await ready()]
  const ctx = { ...mine.owner.ctx, sessionId: mine.sessionId }
  const gone = await instance(mine.owner, place, { state: 'terminated' })
  for (const id of [other.instanceId, gone, 'ins-0000000000'])
    expect(await refusalOf(openTicket(ctx, asked(id)))).toBe('INSTANCE_NOT_FOUND')
})

it('a machine without a view gets no ticket', async () => {
  const one = await ready('stopped')
  expect(await refusalOf(take(one))).toBe('INSTANCE_BUSY')
  expect(await take(await ready('paused'))).toMatch(/^[\w-]{43}$/)
})

it('a session has a limited number of unused ones, and expired ones make room', async () => {
  const one = await ready()
  for (let count = 0; count < ticketsMax; count++) await take(one)
  expect(await refusalOf(take(one))).toBe('VIEWS_FULL')
  await db().$executeRaw`UPDATE "ViewTicket" SET "expiresAt" = clock_timestamp() WHERE "sessionId" = ${one.sessionId}`
  await take(one).catch(() => take(one))
  expect(await db().viewTicket.count({ where: { sessionId: one.sessionId } })).toBe(1)
})

it('open views are judged together: signed out, disabled, terminated, or valid', async () => {
  const all = [await ready(), await ready(), await ready(), await ready(), await ready()] as const
  const [fine, out, disabled, gone, over] = all
  await db().session.delete({ where: { id: out.sessionId } })
  await db().account.update({ where: { id: disabled.owner.id }, data: { disabledAt: noon } })
  await set(gone.instanceId, 'terminating')
  await db().session.update({ where: { id: over.sessionId }, data: { expiresAt: noon } })
  expect(await judgeViews([...all, fine], noon)).toEqual([null, 'SIGNED_OUT', 'SIGNED_OUT', 'GONE', 'SIGNED_OUT', null])
  const foreign = { sessionId: fine.sessionId, instanceId: over.instanceId }
  expect(await judgeViews([foreign], noon)).toEqual(['GONE'])
  expect(await judgeViews([], noon)).toEqual([])
})
