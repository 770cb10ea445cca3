import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { APIRequestContext } from '@playwright/test'
import pg from 'pg'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { type EmbeddedDatabase, startDatabase } from '@/lib/embedded/embedded'
import { freePort, isListening } from '@/lib/embedded/ports'
import { serverAt } from '@/lib/start/build'
import { worker } from '@/lib/start/children'
import { commitOfFiles } from '@/lib/start/commit'
import { metrics, watchdog } from '@/lib/start/run'
import { S3Server } from '@/lib/stores/fixtures/s3-server'
import manifest from '@/package.json' with { type: 'json' }
import { migrate } from '@/prisma/migrate'
import { act, actionIds, expect, test } from './fixtures'

// A separate server, worker, database and stores, from the operator's side.
test.describe.configure({ mode: 'serial' })

const [owner, disk] = ['acc-0000owner0', 'img-0000000001']
let bucket: S3Server
let folder: string
let database: EmbeddedDatabase
let ports: { server: number; metrics: number; worker: number }
let processes: { server: ChildProcess; worker: ChildProcess }
let owners: APIRequestContext

test.beforeAll(async ({ playwright }) => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-operations-'))
  fs.mkdirSync(path.join(folder, 'shanghai'))
  database = await startDatabase(folder, { throwaway: true })
  await migrate(database.url)
  await insertRows()
  bucket = new S3Server()
  await bucket.start()
  ports = { server: await freePort(), metrics: await freePort(), worker: await freePort() }
  const args = serverAt('127.0.0.1', ports.server)
  processes = { server: start('server', args, ports.metrics), worker: start('worker', worker.args, ports.worker) }
  await expect.poll(() => isListening(ports.server, '127.0.0.1')).toBe(true)
  const value = await sealSession({ accountId: owner, sessionId: 'session' })
  const extraHTTPHeaders = { cookie: `${sessionCookie(baseUrl()).name}=${value}` }
  owners = await playwright.request.newContext({ baseURL: baseUrl(), extraHTTPHeaders })
})

test.afterAll(async () => {
  await owners?.dispose()
  processes?.server.kill()
  processes?.worker.kill()
  await bucket?.stop()
  await database?.stop()
  fs.rmSync(folder, { recursive: true, force: true })
})

const baseUrl = () => `http://127.0.0.1:${ports.server}`
const log = (name: string) => fs.readFileSync(path.join(folder, `${name}.log`), 'utf8')

function start(name: string, args: string[], metricsPort: number): ChildProcess {
  const output = fs.openSync(path.join(folder, `${name}.log`), 'a')
  const own = {
    NODE_ENV: 'production',
    NODE_OPTIONS: `${watchdog} ${metrics}`,
    DATABASE_URL: database.url,
    NEXTAUTH_URL: baseUrl(),
    LOG_LEVEL: 'debug',
    ...{ ECS_DATABASE_WAIT: '4s', ECS_LOCK_WAIT: '10s' },
    ECS_METRICS_PORT: String(metricsPort),
    ECS_TRUSTED_PROXIES: '1',
    ECS_SHARE_CHECK: 'off',
    ECS_STORE_CN_SHANGHAI: path.join(folder, 'shanghai'),
    ECS_STORE_CN_SHENZHEN: `s3://images?endpoint=${bucket.settings().endpoint}`,
    ECS_STORE_CN_SHENZHEN_ACCESS_KEY_ID: 'S3RVER',
    ECS_STORE_CN_SHENZHEN_SECRET_ACCESS_KEY: 'S3RVER',
  } as const
  return spawn(process.execPath, args, { env: { ...process.env, ...own }, stdio: ['ignore', output, output, 'ipc'] })
}

async function insertRows(): Promise<void> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(`
    INSERT INTO "Region" (id, name, "createdAt") VALUES
      ('cn-shanghai', 'China East (Shanghai)', now()), ('cn-shenzhen', 'China South (Shenzhen)', now());
    INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt") VALUES
      ('${owner}', 'owner', 'MASTER', 'Owner', '', '-', now());
    INSERT INTO "Session" (id, "accountId", "createdAt", "expiresAt") VALUES
      ('session', '${owner}', now(), now() + interval '1 hour');
    INSERT INTO "Blob" (id, "regionId", sha256, size, format, "virtualSize", state, "createdAt", "updatedAt") VALUES
      ('blb-0000000001', 'cn-shanghai', repeat('0', 64), 1234567, 'raw', 1234567, 'ready', now(), now());
    INSERT INTO "Image" (id, "ownerId", "regionId", name, "operatingSystem", source, state, "blobId", sha256, size, format, "virtualSize",
      "createdAt", "updatedAt") VALUES
      ('${disk}', '${owner}', 'cn-shanghai', 'web-01', 'Debian 12', 'IMPORT', 'available', 'blb-0000000001',
        repeat('0', 64), 1234567, 'raw', 1234567, now(), now())`)
  await client.end()
}

/** Readiness without nearly full places, which depend on this machine's disk. lib/full-disk.db.test.ts fills one. */
async function ready() {
  const response = await fetch(`${baseUrl()}/readyz`)
  const { nearlyFull: _, ...body } = await response.json()
  return { status: response.status, body }
}

const release = {
  version: manifest.version,
  commit: expect.stringMatching(commitOfFiles() ? /^[0-9a-f]{7,40}(-dirty)?$/ : /^$/),
  build: expect.stringMatching(/^[0-9a-f]{16}$/),
}
const isReady = { status: 200, body: { ready: true, notReady: [], ...release } }
const without = (...notReady: string[]) => ({ status: 503, body: { ready: false, notReady, ...release } })

async function scrape(port: number): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
}

test('the server is alive at once, and ready once the worker is', async () => {
  const response = await fetch(`${baseUrl()}/healthz`)
  expect([response.status, await response.text()]).toEqual([200, 'ok'])
  await expect.poll(ready).toEqual(isReady)
})

test('an unreachable store is named only by its kind, until it is back', async () => {
  const [here, away] = [path.join(folder, 'shanghai'), path.join(folder, 'away')]
  fs.renameSync(here, away)
  await expect.poll(ready).toEqual(without('stores'))
  fs.renameSync(away, here)
  await expect.poll(ready).toEqual(isReady)
  expect(log('server')).toContain('Not ready: store of cn-shanghai.')
})

test('a download without its store is answered 503 with the reason, to a program, to a browser and on the page', async ({
  context,
}) => {
  const [here, away] = [path.join(folder, 'shanghai'), path.join(folder, 'away')]
  fs.renameSync(here, away)
  const url = `${baseUrl()}/api/images/${disk}/content?region=cn-shanghai`
  for (const method of ['get', 'head'] as const) {
    const answer = await owners[method](url)
    expect([answer.status(), answer.headers()['retry-after']]).toEqual([503, '30'])
  }
  const { refusal } = await (await owners.get(url)).json()
  expect(refusal).toEqual({ code: 'STORE_UNREACHABLE', region: 'cn-shanghai', reference: expect.any(String) })
  const line = log('server')
    .split('\n')
    .find((text) => text.includes(refusal.reference) && text.includes('"outage"'))
  expect(line).toContain(`${here} cannot be read or written: ENOENT. Check that it is there and mounted.`)

  const value = await sealSession({ accountId: owner, sessionId: 'session' })
  await context.addCookies([{ name: sessionCookie(baseUrl()).name, value, url: baseUrl() }])
  const page = await context.newPage()
  expect((await page.goto(url))?.status()).toBe(503)
  await expect(page.getByRole('heading', { name: 'The disk cannot be downloaded now' })).toBeVisible()
  await expect(page.getByText('The image store of this region cannot be reached.')).toBeVisible()
  await page.goto(`${baseUrl()}/cn-shanghai/images/${disk}`)
  await page.getByRole('link', { name: 'Download' }).click()
  await expect(
    page.getByRole('listitem').filter({ hasText: 'The image store of this region cannot be reached.' }),
  ).toBeVisible()
  expect(page.url()).toContain(`/images/${disk}`)
  await page.close()
  fs.renameSync(away, here)
  await expect.poll(ready).toEqual(isReady)
})

test('a store is not queried twice within a second', async () => {
  const asked = () => bucket.asked
  await ready()
  const [before, began] = [asked(), Date.now()]
  await Promise.all(Array.from({ length: 50 }, ready))
  // A query is put, head, get and delete: one query for each second that this took, and one for the rest of the second before.
  const looks = Math.ceil((Date.now() - began) / 1_000) + 1
  expect(asked() - before).toBeLessThanOrEqual(4 * looks)
})

test('metrics count a refused action by its code, and are served only on their own port', async () => {
  const input = { region: 'cn-shanghai', imageId: disk, usernames: ['owner'], note: '' }
  expect(await act(owners, 'shareImageAction', input)).toMatchObject({ ok: false })
  const text = await scrape(ports.metrics)
  expect(text).toContain('ecs_refusals_total{operation="shareImage",code="RECIPIENT_IS_YOU"} 1')
  expect(text).toContain('ecs_requests_total{kind="action",operation="shareImage",outcome="refused"} 1')
  expect(text).toMatch(/^process_resident_memory_bytes \d+/m)
  expect(text).not.toContain(disk)
  expect(text).not.toContain('"owner"')
  const here = await fetch(`${baseUrl()}/metrics`)
  expect(here.status).toBe(404)
  expect(await here.text()).not.toContain('ecs_requests_total')
  const elsewhere = Object.values(os.networkInterfaces()).flatMap((all) => all ?? [])
  for (const { address } of elsewhere.filter(({ internal, family }) => !internal && family === 'IPv4'))
    expect.soft(await isListening(ports.metrics, address), address).toBe(false)
})

test("the worker's metrics have the length of its queue and the use of the stores", async () => {
  await expect.poll(() => scrape(ports.worker)).toContain('ecs_store_bytes{region="cn-shanghai",state="ready"} 1234567')
  expect(await scrape(ports.worker)).toContain('# TYPE ecs_queue_jobs gauge')
})

test("every answer has a log line with the proxy's request id, or with a new one", async () => {
  await owners.get('/api/quotas', { headers: { 'x-request-id': 'of-the-proxy.1' } })
  await owners.get('/api/quotas', { headers: { 'x-request-id': 'a b"c' } })
  const lines = log('server')
    .split('\n')
    .filter((line) => line.includes('"answered"') && line.includes('listOwnQuotas'))
    .map((line) => JSON.parse(line))
  expect(lines.slice(-2)).toEqual([
    expect.objectContaining({ request: 'of-the-proxy.1', outcome: 'ok', ms: expect.any(Number) }),
    expect.objectContaining({ request: expect.stringMatching(/^[0-9a-f]{8}$/), outcome: 'ok' }),
  ])
})

test("visitors' input cannot forge a line of the log, nor act on a terminal", async () => {
  const forged = '{"level":30,"msg":"forged"}'
  for (const text of [`http://a\n${forged}`, `x\r\n${forged}`, '\u001b[2J\u001b]0;title\u0007', '\u009b31m\u202e']) {
    const encoded = encodeURIComponent(text)
    await owners.get(`/api/auth/csrf?callbackUrl=${encoded}`)
    await owners.get('/api/auth/csrf', { headers: { cookie: `next-auth.callback-url=${encoded}` } })
    await owners.post('/api/auth/callback/credentials', { form: { csrfToken: text, callbackUrl: text } })
    await owners.post('/account', { headers: { 'next-action': text.replace(/[^ -~]/g, '') }, data: text })
    await owners.post('/account', { headers: { 'next-action': actionIds().shareImageAction ?? '' }, data: text })
    await owners.post('/api/sign-out', { headers: { origin: `http://${encoded}` } })
    await owners.get(`/%0a${encoded}`)
    await owners.get(`/api/images/${encoded}?region=${encoded}`)
  }
  const lines = log('server').trimEnd().split('\n')
  for (const line of lines) expect(() => JSON.parse(line), line).not.toThrow()
  expect(lines.filter((line) => JSON.parse(line).msg === 'forged')).toEqual([])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not appear.
  expect(lines.filter((line) => /[\u0000-\u001f\u007f-\u009f\u202e]/.test(line))).toEqual([])
  expect(lines.some((line) => line.includes('next-auth'))).toBe(true)
})

test('without a worker the queue is not ready', async () => {
  processes.worker.kill()
  await expect.poll(ready).toEqual(without('queue'))
})

test('a bucket that does not answer counts as an unreachable store', async () => {
  await bucket.stop()
  await expect.poll(ready).toEqual(without('stores', 'queue'))
})

test("without its database the server is alive and not ready, and a fault's reference is in its log", async ({
  context,
}) => {
  await database.stop()
  expect((await fetch(`${baseUrl()}/healthz`)).status).toBe(200)
  await expect.poll(ready).toEqual(without('database', 'stores', 'queue'))

  const answer = await owners.get('/api/quotas', { headers: { 'x-request-id': 'the-fault' } })
  expect(await answer.json()).toEqual({ refusal: { code: 'FAULT', reference: 'the-fault' } })
  const refused = await act(owners, 'cancelShareAction', { shareId: 'shr-0000000000' })
  const reference = !refused.ok && 'reference' in refused.refusal ? refused.refusal.reference : ''
  for (const found of ['the-fault', reference]) {
    expect(log('server')).toMatch(new RegExp(`"request":"${found}".*"reference":"${found}","msg":"fault"`))
  }

  const value = await sealSession({ accountId: owner, sessionId: 'session' })
  await context.addCookies([{ name: sessionCookie(baseUrl()).name, value, url: baseUrl() }])
  const page = await context.newPage()
  await page.setExtraHTTPHeaders({ 'x-request-id': 'the-page' })
  await page.goto(`${baseUrl()}/account`)
  await expect(page.getByText('the-page')).toBeVisible()
  expect(log('server')).toMatch(/"where":"page","reference":"the-page","msg":"fault"/)
})

test('a stopping server answers running requests, and ends although connections are kept open', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ask = () =>
    new Promise<unknown>((resolve) =>
      http.get(`${baseUrl()}/healthz`, { agent }, (answer) => resolve(answer.resume())).once('error', resolve),
    )
  await ask()
  // Like a browser, which opens connections in advance.
  const spare = net.connect(ports.server, '127.0.0.1')
  await new Promise((resolve) => spare.once('connect', resolve))
  processes.server.kill()
  await expect.poll(async () => ((await ask()) instanceof Error ? 'gone' : 'there'), { intervals: [100] }).toBe('gone')
  await expect.poll(() => processes.server.exitCode).toBe(143)
  agent.destroy()
  spare.destroy()
})
