import fs from 'node:fs'
import path from 'node:path'
import { register } from 'prom-client'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { sessionCookie } from '@/lib/auth/session-cookie'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { account, region } from '@/lib/testing/builders'
import { instance } from '@/lib/testing/builders-instances'
import { serialMachine } from '@/lib/testing/serial-machine'
import { until } from '@/lib/testing/until'
import { viewEnds } from './ends'
import { type Asking, type Browser, own, startSession, statusOf, ticketOf, ViewServer } from './fixtures/view-server'
import { endViews } from './upgrade'

// The views' sockets against a real server, database and keeper's fan-out; the test acts as the guest.

const server = new ViewServer()
let place = ''
const machines: { stop(): void }[] = []

beforeAll(async () => {
  await server.start()
  place = await region()
})
afterEach(() => {
  server.closeSockets()
  for (const machine of machines.splice(0)) machine.stop()
})
afterAll(() => server.stop())

async function machine() {
  const owner = await account()
  const instanceId = await instance(owner, place)
  return { owner, instanceId, sessionId: await startSession(owner), ...(await portOf(instanceId)) }
}

async function portOf(instanceId: string) {
  const found = await serialMachine(path.join(env().ECS_DATA_DIR, 'machines', instanceId))
  machines.push(found)
  return found
}

/** The number of open views in this process. */
async function openNow(): Promise<number> {
  const { values } = (await register.getSingleMetric('ecs_views_open')?.get()) ?? { values: [] }
  return values.reduce((sum, { value }) => sum + value, 0)
}

it("the guest's output reaches the browser and typed bytes reach the guest, unchanged", async () => {
  const one = await machine()
  const browser = await server.opened(one)
  one.guest.write('早上好 $ ')
  await browser.sees('早上好 $ ')
  browser.socket.send(Buffer.from('中文 \u0003'))
  const typed = await new Promise((resolve) => one.guest.once('data', resolve))
  expect(String(typed)).toBe('中文 \u0003')
})

it('a reconnected browser continues at a byte, and learns how much of the output is old', async () => {
  const one = await machine()
  const first = await server.opened(one)
  one.guest.write('0123456789')
  await first.sees('0123456789')
  const again = await server.opened(one, { from: 4 })
  await until(() => expect(again.text).toBe('456789'))
  expect(again.hello).toEqual({ offset: 4, replayed: 6, viewers: 2 })
})

it('only a signed-in page of the console may connect', async () => {
  const one = await machine()
  expect(await statusOf(await server.connect(one.sessionId, { origin: 'http://evil.example' }))).toBe(403)
  expect(await statusOf(await server.connect(one.sessionId, { origin: '' }))).toBe(403)
  expect(await statusOf(server.connectWith({ origin: own }))).toBe(401)
  const forged = { origin: own, cookie: `${sessionCookie().name}=forged` }
  expect(await statusOf(server.connectWith(forged))).toBe(401)
})

it('a missing, used or foreign ticket, and a binary message instead of one, open nothing', async () => {
  const [one, other] = [await machine(), await machine()]
  const used = await ticketOf(one)
  await server.open(one.sessionId, used)
  for (const [sessionId, ticket] of [
    [one.sessionId, 'x'.repeat(43)],
    [one.sessionId, used],
    [other.sessionId, await ticketOf(one)],
  ] as const) {
    const browser = await server.open(sessionId, ticket)
    await browser.ends(viewEnds.TICKET_REFUSED)
    expect(browser.hello).toBeNull()
  }
  const bytes = await server.open(one.sessionId, '')
  await bytes.ends(viewEnds.TICKET_REFUSED)
})

it.each<[string, number, (one: Asking) => Promise<unknown>]>([
  ['the session ends', viewEnds.SIGNED_OUT, ({ sessionId }) => db().session.delete({ where: { id: sessionId } })],
  [
    'the account is disabled',
    viewEnds.SIGNED_OUT,
    ({ owner }) => db().account.update({ where: { id: owner.id }, data: { disabledAt: new Date() } }),
  ],
  [
    'the instance is terminated',
    viewEnds.GONE,
    ({ instanceId }) => db().instance.update({ where: { id: instanceId }, data: { state: 'terminating' } }),
  ],
])('when %s, whoever does it, the view is closed and nothing passes any more', async (_, code, act) => {
  const [one, bystander] = [await machine(), await machine()]
  const [browser, other] = [await server.opened(one), await server.opened(bystander)]
  await act(one)
  await browser.ends(code)
  one.guest.write('too late')
  bystander.guest.write('still here')
  await other.sees('still here')
  expect(browser.text).toBe('')
})

it('when the machine ends, the browser is told why', async () => {
  const one = await machine()
  const browser = await server.opened(one)
  one.stop()
  await browser.ends(viewEnds.ENDED)
  const late = await server.open(one.sessionId, await ticketOf(one))
  await late.ends(viewEnds.ELSEWHERE)
})

it('four viewers watch, a fifth is told that it is full, and may take over', async () => {
  const one = await machine()
  const four = [await server.opened(one), await server.opened(one), await server.opened(one), await server.opened(one)]
  const fifth = await server.open(one.sessionId, await ticketOf(one))
  await fifth.ends(viewEnds.FULL)
  const taker = await server.opened(one, { takeOver: true })
  expect(taker.hello?.viewers).toBe(4)
  await four[0]?.ends(viewEnds.ENDED)
  expect(four.slice(1).map(({ code }) => code)).toEqual([null, null, null])
})

it('a browser that does not read blocks nobody, uses little memory, and is disconnected', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const one = await machine()
    const [idle, busy] = [await server.opened(one), await server.opened(one)]
    const pushed = Buffer.alloc(64 * 1024, 'x')
    idle.socket.pause()
    for (let sent = 0; sent < 256; sent++)
      if (!one.guest.write(pushed)) await new Promise((resolve) => one.guest.once('drain', resolve))
    await until(() => expect(busy.text.length).toBe(256 * pushed.length))
    vi.setSystemTime(Date.now() + 30_000)
    await until(async () => expect(await openNow()).toBe(1))
    idle.socket.resume()
    await until(() => expect(idle.code).not.toBeNull())
    // Plus what was already in the connection's buffers.
    expect(idle.text.length).toBeLessThan(128 * pushed.length)
    expect(busy.code).toBeNull()
  } finally {
    vi.useRealTimers()
  }
})

it('a guest that does not read pauses the browser, and does not end the view', async () => {
  const one = await machine()
  one.guest.pause()
  const browser = await server.opened(one)
  for (let sent = 0; sent < 256; sent++) browser.socket.send(Buffer.alloc(32 * 1024, 'y'))
  let got = 0
  one.guest.on('data', (chunk) => {
    got += chunk.length
  })
  one.guest.resume()
  await until(() => expect(got).toBe(256 * 32 * 1024))
  expect(browser.code).toBeNull()
})

it('a message that is too long ends the view', async () => {
  const one = await machine()
  const browser = await server.opened(one)
  browser.socket.send(Buffer.alloc(65 * 1024))
  await browser.ends(1009)
})

it('each view is pinged, and closed if it does not answer', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  try {
    const one = await machine()
    const lively = await server.opened(one)
    const mute = await server.opened(one, {}, { autoPong: false })
    let pings = 0
    lively.socket.on('ping', () => pings++)
    mute.socket.on('ping', () => pings++)
    vi.spyOn(mute.socket, 'pong').mockImplementation(() => {})
    const receiver = mute.socket as unknown as { _autoPong: boolean }
    receiver._autoPong = false
    vi.setSystemTime(Date.now() + 21_000)
    await until(() => expect(pings).toBe(2))
    // What it types comes after its answer.
    const typed = new Promise((resolve) => one.guest.once('data', resolve))
    lively.socket.send(Buffer.from('k'))
    await typed
    vi.setSystemTime(Date.now() + 21_000)
    await mute.ends(viewEnds.TOO_SLOW)
    expect(lively.code).toBeNull()
  } finally {
    vi.useRealTimers()
  }
})

it('an account can have 32 open views, and other accounts are not affected', async () => {
  const one = await machine()
  const many = [one]
  for (let count = 0; count < 8; count++) {
    const instanceId = await instance(one.owner, place)
    many.push({ ...one, instanceId, ...(await portOf(instanceId)) })
  }
  const views: Browser[] = []
  for (const each of many.slice(0, 8)) for (let count = 0; count < 4; count++) views.push(await server.opened(each))
  const [last] = many.slice(8)
  if (!last) throw new Error('There are nine machines.')
  const more = await server.open(last.sessionId, await ticketOf(last))
  await more.ends(viewEnds.TOO_MANY)
  await server.opened(await machine())
  expect(views.map(({ code }) => code)).toEqual(views.map(() => null))
})

it('a server that ends tells its views', async () => {
  const browser = await server.opened(await machine())
  endViews()
  await browser.ends(viewEnds.LEAVING)
})

it('a view of a machine on another computer is refused with that reason', async () => {
  const owner = await account()
  const one = { owner, instanceId: await instance(owner, place), sessionId: await startSession(owner) }
  const browser = await server.open(one.sessionId, await ticketOf(one))
  await browser.ends(viewEnds.ELSEWHERE)
  expect(fs.existsSync(path.join(env().ECS_DATA_DIR, 'machines', one.instanceId))).toBe(false)
})
