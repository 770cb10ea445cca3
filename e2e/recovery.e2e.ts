import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { BrowserContext } from '@playwright/test'
import pg from 'pg'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { type EmbeddedDatabase, startDatabase } from '@/lib/embedded/embedded'
import { freePort, isListening } from '@/lib/embedded/ports'
import { serverAt } from '@/lib/start/build'
import { watchdog } from '@/lib/start/run'
import { migrate } from '@/prisma/migrate'
import { expect, row, test } from './fixtures'

// A separate server and database: every other test needs its database.
test.describe.configure({ mode: 'serial' })

const [owner, recipient, disk] = ['acc-0000owner0', 'acc-recipient', 'img-0000000001']
let folder: string
let database: EmbeddedDatabase
let server: ChildProcess
let baseUrl: string

test.beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-recovery-'))
  database = await startDatabase(folder, { throwaway: true })
  await migrate(database.url)
  await insertRows(database.url)
  const port = await freePort()
  baseUrl = `http://127.0.0.1:${port}`
  // Without a worker nothing is checked, and sharing unchecked disks would need a reason.
  const own = {
    DATABASE_URL: database.url,
    NEXTAUTH_URL: baseUrl,
    NODE_ENV: 'production',
    NODE_OPTIONS: '',
    ...{ ECS_DATABASE_WAIT: '4s', ECS_LOCK_WAIT: '10s' },
    ECS_SHARE_CHECK: 'off',
  } as const
  server = spawn(process.execPath, [watchdog, ...serverAt('127.0.0.1', port)], {
    env: { ...process.env, ...own },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  await expect.poll(() => isListening(port, '127.0.0.1')).toBe(true)
})

test.afterAll(async () => {
  server?.kill()
  await database?.stop()
  fs.rmSync(folder, { recursive: true, force: true })
})

async function insertRows(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`
    INSERT INTO "Region" (id, name, "createdAt") VALUES ('cn-shanghai', 'China East (Shanghai)', now());
    INSERT INTO "Account" (id, username, kind, "displayName", email, "passwordHash", "createdAt") VALUES
      ('${owner}', 'owner', 'MASTER', 'Owner', '', '-', now()),
      ('${recipient}', 'recipient', 'MASTER', 'Recipient', '', '-', now());
    INSERT INTO "Session" (id, "accountId", "createdAt", "expiresAt") VALUES
      ('session', '${owner}', now(), now() + interval '1 hour');
    INSERT INTO "Blob" (id, "regionId", sha256, size, format, "virtualSize", state, "createdAt", "updatedAt") VALUES
      ('blb-0000000000', 'cn-shanghai', 'of no disk', 1, 'qcow2', 1, 'ready', now(), now());
    INSERT INTO "Image" (id, "ownerId", "regionId", name, "operatingSystem", source, state, sha256, "blobId",
      "createdAt", "updatedAt") VALUES
      ('${disk}', '${owner}', 'cn-shanghai', 'web-01', 'Debian 12', 'IMPORT', 'available', 'of no disk',
      'blb-0000000000', now(), now())`)
  await client.end()
}

async function openPage(context: BrowserContext, url: string) {
  const page = await context.newPage()
  await page.goto(`${baseUrl}${url}`)
  return page
}

for (const [how, end] of [
  ['stopped', () => database.stop()],
  ['killed', async () => void process.kill(database.pid, 'SIGKILL')],
] as const) {
  test(`while the database is ${how} every page says so and keeps its input, and everything recovers by itself`, async ({
    context,
  }) => {
    const value = await sealSession({ accountId: owner, sessionId: 'session' })
    await context.addCookies([{ name: sessionCookie(baseUrl).name, value, url: baseUrl }])
    const list = await openPage(context, '/cn-shanghai/images/custom')
    const sharing = await openPage(context, `/cn-shanghai/images/${disk}/share`)
    const elsewhere = await openPage(context, '/account')
    const image = row(list.getByRole('table'), 'web-01')
    await expect(image).toBeVisible()
    await sharing.getByRole('textbox', { name: 'Username' }).fill('recipient,')
    await sharing.getByRole('textbox', { name: 'Note (optional)' }).fill('as we spoke of')
    await end()

    await test.step('an action says that it is not done, and the form keeps everything', async () => {
      await sharing.getByRole('button', { name: 'Share Images' }).click()
      await expect(sharing.getByRole('alert').filter({ hasText: 'This did not work' })).toBeFocused()
      await expect(sharing.getByRole('button', { name: 'Remove recipient' })).toBeVisible()
      await expect(sharing.getByRole('textbox', { name: 'Note (optional)' })).toHaveValue('as we spoke of')
    })

    await test.step('an open list says that it could not refresh, and still shows what it had', async () => {
      await expect(list.getByRole('alert').filter({ hasText: 'Could not refresh' })).toBeVisible()
      await expect(image).toBeVisible()
    })

    await test.step('a page that is asked for says that it could not be shown, and so does the sign-in', async () => {
      // Otherwise the page would recover by itself before its button is pressed.
      await elsewhere.route('**/readyz', (route) => route.abort())
      await elsewhere.goto(`${baseUrl}/cn-shanghai/images/${disk}`)
      await expect(elsewhere.getByRole('heading', { level: 1, name: 'This page could not be shown' })).toBeVisible()
      await elsewhere.getByRole('button', { name: 'Try again' }).click()
      await expect(elsewhere.getByRole('heading', { level: 1, name: 'This page could not be shown' })).toBeVisible()
      const form = { username: 'owner', password: 'not needed at all' }
      const answer = await context.request.post(`${baseUrl}/api/sign-in`, { form, maxRedirects: 0 })
      expect(answer.headers().location).toBe('/sign-in')
      const read = await context.request.get(`${baseUrl}/api/quotas`)
      expect(await read.json()).toEqual({ refusal: { code: 'FAULT', reference: expect.stringMatching(/^[\w-]{8}$/) } })
    })

    database = await startDatabase(folder, { throwaway: true })

    await test.step('the database is there again: the page, the list and the form work, and no server was restarted', async () => {
      await elsewhere.getByRole('button', { name: 'Try again' }).click()
      await expect(elsewhere.getByRole('heading', { level: 1, name: 'web-01' })).toBeVisible()
      await expect(list.getByRole('alert').filter({ hasText: 'Could not refresh' })).toHaveCount(0)
      await sharing.getByRole('button', { name: 'Share Images' }).click()
      await expect(row(sharing.getByRole('table'), 'recipient')).toContainText('as we spoke of')
      await sharing.getByRole('button', { name: 'Cancel Sharing, recipient' }).click()
      await sharing.getByRole('alertdialog').getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
      await expect(sharing.getByText('This image is not shared with anybody.')).toBeVisible()
      expect(server.exitCode).toBeNull()
    })
  })
}

/** The processes of a PostgreSQL. Frozen, it answers nobody, not even open connections. */
function processesOf(postmaster: number): number[] {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const parentOf = (pid: string) => {
    try {
      return Number(fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1])
    } catch {
      return 0
    }
  }
  return [postmaster, ...pids.filter((pid) => parentOf(pid) === postmaster).map(Number)]
}

test('while the database is frozen every page says so within 10 s, and recovers by itself', async ({ context }) => {
  test.skip(process.platform !== 'linux', 'The processes of PostgreSQL are found in /proc.')
  const value = await sealSession({ accountId: owner, sessionId: 'session' })
  await context.addCookies([{ name: sessionCookie(baseUrl).name, value, url: baseUrl }])
  const details = await openPage(context, `/cn-shanghai/images/${disk}`)
  await expect(details.getByRole('heading', { level: 1, name: 'web-01' })).toBeVisible()
  const list = await openPage(context, '/cn-shanghai/images/custom')
  const sharing = await openPage(context, `/cn-shanghai/images/${disk}/share`)
  const signIn = await context.browser()?.newPage()
  if (!signIn) throw new Error('There is no browser.')
  await signIn.goto(`${baseUrl}/sign-in`)
  // A busy machine is slow with that many pages, and twice as slow with those that are rendered again for their error.
  const before = Date.now()
  await Promise.all([details, list, sharing, signIn].map((page) => page.reload()))
  const bound = 10_000 + 2 * (Date.now() - before)
  await sharing.getByRole('textbox', { name: 'Note (optional)' }).fill('as we spoke of')
  await sharing.getByRole('textbox', { name: 'Username' }).fill('recipient,')
  await signIn.getByLabel('Username').fill('owner')
  await signIn.getByLabel('Password').fill('whatever it is')
  const frozen = processesOf(database.pid)
  for (const pid of frozen) process.kill(pid, 'SIGSTOP')
  try {
    const began = Date.now()
    await Promise.all([
      details.reload().then(async (page) => {
        expect(page?.request().timing().responseEnd).toBeLessThan(bound)
        await expect(details.getByRole('alert').filter({ hasText: 'The database does not answer' })).toBeVisible()
      }),
      (async () => {
        await signIn.getByRole('button', { name: 'Sign in' }).click()
        await expect(signIn.getByRole('alert').filter({ hasText: 'The database does not answer' })).toBeVisible()
      })(),
      (async () => {
        await list.getByRole('button', { name: 'Refresh' }).click()
        await expect(list.getByRole('alert').filter({ hasText: 'Could not refresh' })).toBeVisible({ timeout: bound })
      })(),
      (async () => {
        await sharing.getByRole('button', { name: 'Share Images' }).click()
        await expect(sharing.getByRole('alert').filter({ hasText: 'This did not work' })).toBeVisible({
          timeout: bound,
        })
        await expect(sharing.getByRole('textbox', { name: 'Note (optional)' })).toHaveValue('as we spoke of')
      })(),
      context.request.get(`${baseUrl}/api/quotas`).then(async (read) => {
        expect([read.status(), Object.keys(await read.json())]).toEqual([503, ['refusal']])
        expect(Date.now() - began).toBeLessThan(bound)
      }),
    ])
    const ready = await context.request.get(`${baseUrl}/readyz`)
    expect([ready.status(), (await ready.json()).notReady]).toEqual([503, expect.arrayContaining(['database'])])
    expect((await context.request.get(`${baseUrl}/healthz`)).status()).toBe(200)
    const signOut = await context.request.post(`${baseUrl}/api/sign-out`)
    expect(await signOut.text()).toContain('You are still signed in')
  } finally {
    for (const pid of frozen) process.kill(pid, 'SIGCONT')
  }
  await expect(details.getByRole('heading', { level: 1, name: 'web-01' })).toBeVisible()
  await signIn.context().close()
})
