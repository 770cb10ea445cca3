import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterEach, expect, it, vi } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { getWebhook } from '@/lib/notices/reads'
import { webhookTriesMax } from '@/lib/notices/rules'
import {
  claimDelivery,
  removeWebhook,
  requeueDeliveries,
  resendDelivery,
  setWebhook,
} from '@/lib/notices/writes-webhook'
import { isPublicAddress } from '@/lib/outbound/address'
import { post } from '@/lib/outbound/post'
import { ok } from '@/lib/result'
import { account, nth, type TestAccount } from '@/lib/testing/builders'
import { sendWebhook } from './send-webhook'

vi.hoisted(() => {
  process.env.ECS_WEBHOOK_PRIVATE = 'allow'
})

type Got = { headers: Record<string, string>; body: string; path: string }
const openssl = spawnSync('openssl', ['version']).status === 0
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listening(server: http.Server | https.Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address() as AddressInfo
  return address.port
}

/** An endpoint on this machine that keeps what it gets and answers as told. */
async function endpoint(answer: (response: http.ServerResponse) => void) {
  const got: Got[] = []
  const server = http.createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      got.push({ body, path: request.url ?? '', headers: request.headers as Record<string, string> })
      answer(response)
    })
  })
  const port = await listening(server)
  return { got, url: `http://127.0.0.1:${port}/hook`, server }
}

const status = (code: number) => (response: http.ServerResponse) => void response.writeHead(code).end()

/** A master account with a webhook and one delivery that waits. */
async function waiting(url: string): Promise<{ who: TestAccount; id: string }> {
  const [who, other] = [await account(), await account()]
  expect(await setWebhook(who.ctx, { url })).toEqual(ok(null))
  const event = { action: 'share.create' as const, recipient: who, image: { id: 'img-aaaaaaaaaa', name: 'web-01' } }
  const details = { reason: 'a secret of the sharer', by: 'sharer' }
  await inTransaction(async (tx) => ok(await recordEvents(tx, other.ctx, [{ ...event, details }])))
  const { id } = await db().webhookDelivery.findFirstOrThrow({ where: { ownerId: who.id } })
  return { who, id: id.toString() }
}

async function rowOf(id: string) {
  return await db().webhookDelivery.findUniqueOrThrow({ where: { id: BigInt(id) } })
}

/** The next try is due. */
async function timePasses(id: string): Promise<void> {
  await db().$executeRaw`UPDATE "WebhookDelivery" SET "dueAt" = clock_timestamp() WHERE id = ${id}::bigint`
}

it('a notice is posted as the Standard Webhooks scheme says, without what its reader may not know', async () => {
  const { got, url } = await endpoint(status(204))
  const { who, id } = await waiting(url)
  await sendWebhook(id)
  const { headers, body } = nth(got, 0)
  const page = await getWebhook(who.ctx)
  const read = new Webhook(page?.webhook?.secret ?? '').verify(body, headers)
  expect(read).toMatchObject({ type: 'share.received', data: { side: 'recipient', image: { name: 'web-01' } } })
  expect(body).not.toContain('secret of the sharer')
  expect(headers['webhook-id']).toBe(`msg_${id}`)
  expect(() => new Webhook(page?.webhook?.secret ?? '').verify(body.replace('web-01', 'web-02'), headers)).toThrow()
  expect(await rowOf(id)).toMatchObject({ state: 'delivered', tries: 1, answer: '204', dueAt: null })
  await sendWebhook(id)
  expect(got).toHaveLength(1)
})

it('a delivery that is refused is tried 8 times over 24 hours, with growing waits, and then given up', async () => {
  const { got, url } = await endpoint(status(500))
  const { id } = await waiting(url)
  const waits: number[] = []
  for (let tries = 1; tries <= webhookTriesMax; tries++) {
    await timePasses(id)
    await sendWebhook(id)
    const { state, dueAt, triedAt } = await rowOf(id)
    expect(state).toBe(tries === webhookTriesMax ? 'failed' : 'waiting')
    if (dueAt && triedAt) waits.push(Math.round((dueAt.getTime() - triedAt.getTime()) / 1000))
  }
  expect(waits).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 23_095])
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(24 * 60 * 60)
  await sendWebhook(id)
  expect(got).toHaveLength(webhookTriesMax)
})

it('a worker that dies while it sends loses nothing: the next try is enqueued before', async () => {
  const { got, url } = await endpoint(status(200))
  const { id } = await waiting(url)
  // This one claims, and dies.
  expect(await claimDelivery(id)).toMatchObject({ tries: 1 })
  expect(await claimDelivery(id)).toBeNull()
  const jobs = await db().$queryRaw<{ wait: number }[]>`
    SELECT round(extract(epoch FROM run_at - now()))::int AS wait FROM graphile_worker.jobs WHERE key = ${`send-webhook ${id}`}`
  expect(jobs).toEqual([{ wait: expect.toSatisfy((wait: number) => wait >= 1 && wait <= 6) }])
  await timePasses(id)
  await sendWebhook(id)
  expect(got).toHaveLength(1)
  expect(await rowOf(id)).toMatchObject({ state: 'delivered', tries: 2 })
})

it('a delivery that is due and has no job, as after a restore, gets one', async () => {
  const { id } = await waiting('https://receiver.example/')
  const key = `send-webhook ${id}`
  await db()
    .$executeRaw`SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs WHERE key = ${key}`
  await db()
    .$executeRaw`UPDATE "WebhookDelivery" SET "dueAt" = clock_timestamp() - interval '1 hour' WHERE id = ${id}::bigint`
  await requeueDeliveries()
  expect(await db().$queryRaw<unknown[]>`SELECT id FROM graphile_worker.jobs WHERE key = ${key}`).toHaveLength(1)
})

it('several workers send a delivery that is due once', async () => {
  const { got, url } = await endpoint(status(200))
  const { id } = await waiting(url)
  await Promise.all(Array.from({ length: 6 }, () => sendWebhook(id)))
  expect(got).toHaveLength(1)
})

it('its owner sends a delivery again under the same id; a stranger and a sub-account do not', async () => {
  const { got, url } = await endpoint(status(200))
  const { who, id } = await waiting(url)
  await sendWebhook(id)
  const stranger = await account()
  expect(await resendDelivery(stranger.ctx, { deliveryId: id })).toMatchObject({
    refusal: { code: 'DELIVERY_NOT_FOUND' },
  })
  const sub = await account({ master: who })
  expect(await resendDelivery(sub.ctx, { deliveryId: id })).toMatchObject({ refusal: { code: 'NOT_PERMITTED' } })
  expect(await setWebhook(sub.ctx, { url })).toMatchObject({ refusal: { code: 'NOT_PERMITTED' } })
  expect(await removeWebhook(sub.ctx, { url })).toMatchObject({ refusal: { code: 'NOT_PERMITTED' } })
  expect(await getWebhook(sub.ctx)).toBeNull()
  expect(await resendDelivery(who.ctx, { deliveryId: id })).toEqual(ok(null))
  await sendWebhook(id)
  expect(got.map(({ headers }) => headers['webhook-id'])).toEqual([`msg_${id}`, `msg_${id}`])
  expect(await removeWebhook(who.ctx, { url })).toEqual(ok(null))
  expect(await claimDelivery(id)).toBeNull()
})

const ask = (url: string, more: { isPrivateAllowed?: boolean; patienceMs?: number } = {}) =>
  post({ url, headers: {}, body: '{}', isPrivateAllowed: true, patienceMs: 60_000, ...more })

it('an endpoint that redirects is not followed, and one that hangs, refuses or sends without end is left', async () => {
  const target = await endpoint(status(200))
  const redirecting = await endpoint((response) => void response.writeHead(307, { Location: target.url }).end())
  expect(await ask(redirecting.url)).toEqual({ problem: 'REDIRECTED' })
  expect(target.got).toEqual([])
  const silent = await endpoint(() => {})
  expect(await ask(silent.url, { patienceMs: 200 })).toEqual({ problem: 'TIMED_OUT' })
  silent.server.closeAllConnections()
  const flooding = await endpoint((response) => {
    response.writeHead(200)
    response.on('error', () => {})
    const pour = () => void (response.destroyed || response.write(Buffer.alloc(1_000_000), pour))
    pour()
  })
  expect(await ask(flooding.url)).toEqual({ status: 200 })
  const closed = await endpoint(status(200))
  await new Promise((done) => closed.server.close(done))
  expect(await ask(closed.url)).toEqual({ problem: 'UNREACHABLE' })
  expect(await ask('http://no-such-name.invalid/')).toEqual({ problem: 'UNREACHABLE' })
})

it('an endpoint that speaks no TLS behind https is refused', async () => {
  const plain = await endpoint(status(200))
  expect(await ask(plain.url.replace('http:', 'https:'))).toEqual({ problem: 'BAD_CERTIFICATE' })
})

it.skipIf(!openssl)('an endpoint with a certificate of nobody is refused (needs openssl to make one)', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-certificate-'))
  const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
  const asked = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
  ]
  execFileSync('openssl', asked, { stdio: 'ignore' })
  let requests = 0
  const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) }, (_, response) => {
    requests += 1
    response.end()
  })
  const port = await listening(server)
  fs.rmSync(folder, { recursive: true })
  expect(await ask(`https://localhost:${port}/`)).toEqual({ problem: 'BAD_CERTIFICATE' })
  expect(requests).toBe(0)
})

it('loopback, link-local and private addresses are refused however they are written, also behind a name', async () => {
  const { got, url } = await endpoint(status(200))
  const port = new URL(url).port
  const hosts = [
    '127.0.0.1',
    'localhost',
    '[::1]',
    '2130706433',
    '0x7f.1',
    '0.0.0.0',
    '[::ffff:127.0.0.1]',
    '169.254.169.254',
  ]
  for (const host of hosts)
    expect([host, await ask(`http://${host}:${port}/`, { isPrivateAllowed: false })]).toEqual([
      host,
      { problem: 'PRIVATE_ADDRESS' },
    ])
  expect(got).toEqual([])
})

it.each([
  ['8.8.8.8', true],
  ['172.15.255.255', true],
  ['172.16.0.1', false],
  ['172.31.255.255', false],
  ['10.1.2.3', false],
  ['192.168.1.1', false],
  ['100.64.0.1', false],
  ['169.254.169.254', false],
  ['224.0.0.1', false],
  ['255.255.255.255', false],
  ['2606:4700::1111', true],
  ['::', false],
  ['::1', false],
  ['::ffff:8.8.8.8', false],
  ['64:ff9b::a00:1', false],
  ['2002:a00:1::', false],
  ['fd00::1', false],
  ['fe80::1', false],
  ['ff02::1', false],
  ['not an address', false],
])('%s is a public address: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic)
})
