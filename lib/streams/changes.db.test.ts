import { once } from 'node:events'
import net from 'node:net'
import pg from 'pg'
import { afterEach, expect, it, vi } from 'vitest'
import { setDisabled } from '@/lib/accounts/writes'
import { operatorContext } from '@/lib/admin/operator'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { findOverSessions } from '@/lib/sessions/reads'
import { endSession } from '@/lib/sessions/writes'
import { shareImage } from '@/lib/shares/writes'
import { account, image, noon, region, type TestAccount } from '@/lib/testing/builders'
import { until } from '@/lib/testing/until'
import { Changes, streamsMax, streamsPerAccountMax, streamsPerOwnerMax } from './changes'
import { openStream } from './stream'

let changes = new Changes(env().DATABASE_URL, findOverSessions)
afterEach(() => {
  changes.end()
  changes = new Changes(env().DATABASE_URL, findOverSessions)
})

async function session(who: TestAccount): Promise<string> {
  const id = crypto.randomUUID()
  const expiresAt = new Date(Date.now() + 3_600_000)
  await db().session.create({ data: { id, accountId: who.id, createdAt: noon, expiresAt } })
  return id
}

/** A page of an account: the changes it was sent, and whether its stream was ended. */
async function page(who: TestAccount) {
  const heard: string[] = []
  const seen = { heard, ended: 0, sessionId: await session(who) }
  const listener = {
    ownerId: who.masterId ?? who.id,
    accountId: who.id,
    sessionId: seen.sessionId,
    change: (nouns: string[]) => heard.push(...nouns),
    end: () => {
      seen.ended += 1
    },
  }
  const remove = changes.add(listener)
  // The connection is listening once it reports that anything may have changed.
  await until(() => expect(heard.length + (changes.size > 1 ? 1 : 0)).toBeGreaterThan(0))
  heard.length = 0
  return { ...seen, seen, remove }
}

async function share(sharer: TestAccount, recipient: TestAccount): Promise<void> {
  const here = await region()
  const imageId = await image(sharer, here)
  const answer = await shareImage(sharer.ctx, { region: here, imageId, usernames: [recipient.username], note: '' })
  if (!answer.ok) throw new Error(answer.refusal.code)
}

it('an event reaches the pages of both sides and of their sub-accounts, and nobody else', async () => {
  const [sharer, recipient, stranger] = [await account(), await account(), await account()]
  const person = await account({ master: recipient })
  const [ofStranger, ofSharer, ofRecipient, ofPerson] = [
    await page(stranger),
    await page(sharer),
    await page(recipient),
    await page(person),
  ]
  await share(sharer, recipient)
  await until(() => expect(ofPerson.heard).toEqual(['notice', 'share']))
  await until(() => expect([ofRecipient.heard, ofSharer.heard]).toEqual([['notice', 'share'], ['share']]))
  expect(ofStranger.heard).toEqual([])
})

it('sign-out ends the streams of its session only', async () => {
  const who = await account()
  const [one, other] = [await page(who), await page(who)]
  await endSession(one.sessionId)
  await until(() => expect(one.seen.ended).toBe(1))
  expect(other.seen.ended).toBe(0)
})

it('disabling a master account ends its streams and those of its sub-accounts', async () => {
  const master = await account()
  const [one, other] = [await page(master), await page(await account({ master }))]

  await setDisabled(operatorContext(), master.username, true)
  await until(() => expect([one.seen.ended, other.seen.ended]).toEqual([1, 1]))
})

it('after a lost connection it listens again, reports that anything may have changed, and ends streams of ended sessions', async () => {
  const [sharer, recipient] = [await account(), await account()]
  const [gone, here] = [await page(sharer), await page(recipient)]
  await db().$executeRaw`ALTER TABLE "Session" DISABLE TRIGGER "Session_tells_its_end"`
  await endSession(gone.sessionId)
  await db().$executeRaw`ALTER TABLE "Session" ENABLE TRIGGER "Session_tells_its_end"`
  await db().$queryRaw`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'open-ecs-console changes' AND datname = current_database()`
  await until(() => expect(here.heard).toEqual(['all']))
  await until(() => expect(gone.seen.ended).toBe(1))
  await share(sharer, recipient)
  await until(() => expect(here.heard).toEqual(['all', 'notice', 'share']))
})

it('an account has a limited number of streams, until one is closed', async () => {
  const [who, other] = [await account(), await account()]
  const first = await page(who)
  const listener = { ownerId: who.id, accountId: who.id, sessionId: first.sessionId, change: () => {}, end: () => {} }
  const rest = Array.from({ length: streamsPerAccountMax - 1 }, () => changes.add({ ...listener }))
  expect(rest).not.toContain(null)
  expect(changes.add({ ...listener })).toBeNull()
  expect(changes.add({ ...listener, accountId: other.id })).not.toBeNull()
  first.remove?.()
  first.remove?.()
  expect(changes.add({ ...listener })).not.toBeNull()
  expect(changes.add({ ...listener })).toBeNull()
})

it('a master account with its sub-accounts, and the process, have a limited number of streams', () => {
  let made = 0
  const open = (ownerId: string) => {
    made += 1
    const listener = { ownerId, accountId: `account-${made}`, sessionId: `session-${made}` }
    return changes.add({ ...listener, change: () => {}, end: () => {} })
  }
  const first = open('owner-0')
  for (let count = 1; count < streamsPerOwnerMax; count++) expect(open('owner-0')).not.toBeNull()
  expect(open('owner-0')).toBeNull()
  for (let owner = 1; owner < streamsMax / streamsPerOwnerMax; owner++)
    for (let count = 0; count < streamsPerOwnerMax; count++) open(`owner-${owner}`)
  expect(changes.size).toBe(streamsMax)
  expect(open('owner-last')).toBeNull()
  first?.()
  expect(open('owner-last')).not.toBeNull()
  expect(open('owner-last')).toBeNull()
})

it('a page that arrives between two attempts to connect triggers the next one, and no further one follows', async () => {
  const server = net.createServer((socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as net.AddressInfo
  const away = new Changes(`postgres://nobody@127.0.0.1:${port}/none`, findOverSessions)
  const connect = vi.spyOn(pg.Client.prototype, 'connect')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const listener = { ownerId: 'owner', accountId: 'account', change: () => {}, end: () => {} }
    away.add({ ...listener, sessionId: 'one' })
    await until(() => expect(Reflect.get(away, 'client')).toBeNull())
    away.add({ ...listener, sessionId: 'two' })
    vi.advanceTimersByTime(1_000)
    expect(connect).toHaveBeenCalledTimes(2)
  } finally {
    away.end()
    vi.useRealTimers()
    connect.mockRestore()
    server.close()
  }
})

it('a slow reader gets all changes as one, and an ended session closes its stream', async () => {
  const [sharer, recipient] = [await account(), await account()]
  const watching = await page(sharer)
  const sessionId = await session(recipient)
  const stream = openStream(changes, { ownerId: recipient.id, accountId: recipient.id, sessionId })
  if (!stream) throw new Error('It has no streams yet.')
  for (let count = 1; count <= 12; count++) {
    await share(sharer, recipient)
    await until(() => expect(watching.heard).toHaveLength(count))
  }
  await endSession(sessionId)
  const texts: string[] = []
  for await (const chunk of stream) texts.push(new TextDecoder().decode(chunk))
  // At most 8 events wait for the reader, then the rest as one, and the end; changes close together are one of them.
  expect(texts.length).toBeLessThanOrEqual(10)
  expect(texts[0]).toBe('event: beat\ndata: \n\n')
  expect(texts[1]).toBe('event: change\ndata: notices,shares,images,quotas,regions,ended-shares\n\n')
  expect(texts.at(-1)).toBe('event: end\ndata: \n\n')
})
