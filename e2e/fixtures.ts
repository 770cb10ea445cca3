import { createHash, randomInt } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import {
  type APIRequestContext,
  type BrowserContext,
  test as base,
  expect,
  type Locator,
  type Page,
} from '@playwright/test'
import { attachPolicies } from '@/lib/accounts/writes-policies'
import { hashPassword } from '@/lib/auth/password'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { type Context, mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import type { Prisma } from '@/lib/db/generated/client'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { newId } from '@/lib/ids'
import en from '@/lib/messages/en.json' with { type: 'json' }
import zh from '@/lib/messages/zh.json' with { type: 'json' }
import type { Grant } from '@/lib/permissions'
import type { ActionResult, Result } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'
import { storeOf } from '@/lib/stores/store'
import { importImage } from '@/lib/tasks/import-image'
import { checkedContent, checkedImage } from '@/lib/testing/builders-checks'
import { waitForScripts } from './wait-for-scripts'

export { expect }
export const messages = { en, zh }
export const password = 'a password of the tests'

export const regions = [
  { id: 'cn-shanghai', name: 'China East (Shanghai)', nameZh: '华东（上海）' },
  { id: 'cn-shenzhen', name: 'China South (Shenzhen)', nameZh: '华南（深圳）' },
]
/** A region that no test uses. It exists from the start, because every page lists the regions. */
export const plainRegion = { id: 'eu-plain', name: 'Plain' }
const region = 'cn-shanghai'

export type Account = { id: string; username: string; master: { id: string; username: string } | null }
export type Image = { id: string; name: string; region: string }

let passwordHash: Promise<string> | undefined
let disk: Buffer | undefined

/** A name unique to this run: every test makes its own accounts and images. */
export function unique(word: string): string {
  return `${word}-${randomInt(36 ** 7).toString(36)}`
}

/** A name of this length in one word, at which no line can break. */
export function longest(letter: string, length: number): string {
  return `${letter.repeat(length - 7)}${randomInt(36 ** 6, 36 ** 7).toString(36)}`
}

/** The value of a result. A refusal here is a bug of the test. */
export function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`Refused: ${JSON.stringify(result.refusal)}`)
  return result.value
}

const administrator: Grant[] = [{ policy: 'Administrator', regions: null }]

export async function account(
  options: { username?: string; master?: Account; grants?: Grant[] } = {},
): Promise<Account> {
  passwordHash ??= hashPassword(password)
  const login = options.username ?? unique('tenant')
  const row = {
    id: newId('acc'),
    username: options.master ? `${login}@${options.master.username}` : login,
    kind: options.master ? ('SUB' as const) : ('MASTER' as const),
    masterId: options.master?.id ?? null,
    displayName: 'Test Tenant',
    email: 'tenant@example.com',
    passwordHash: await passwordHash,
    createdAt: new Date(),
  }
  await db().account.create({ data: row })
  if (options.master) await attachPolicies(row.id, options.grants ?? administrator)
  return { id: row.id, username: row.username, master: options.master ?? null }
}

/** A context of this account, for preparing a test. */
export function contextOf(account: Account): Context {
  const kind = account.master ? 'SUB' : 'MASTER'
  return {
    viewer: mintViewer({ ...account, kind, displayName: '', grants: administrator }),
    now: new Date(),
    address: null,
  }
}

/** A disk with unique content: images with the same content share its check, its bytes and their damage. */
export function lonelyDisk(): Buffer {
  return buildQcow2({ raw: buildRawDisk({ sizeMib: 4, label: 'LONELY', seed: randomInt(2 ** 40) }) })
}

/** A real disk, imported by the product and found clean; or left for the worker to check. */
export async function image(
  owner: Account,
  options: { name?: string; region?: string; os?: string; disk?: Buffer; isUnchecked?: true } = {},
): Promise<Image> {
  disk ??= buildQcow2({ raw: buildRawDisk({ sizeMib: 4, label: 'TEST', seed: 1 }) })
  const input = {
    region: options.region ?? region,
    name: options.name ?? unique('disk'),
    operatingSystem: options.os ?? 'Debian 12',
  }
  const bytes = options.disk ?? disk
  const made = await importImage(contextOf(owner), input, { open: () => Readable.from([bytes]) })
  if (!options.isUnchecked) await checkedImage(expectOk(made).imageId)
  return { id: expectOk(made).imageId, name: input.name, region: input.region }
}

/** The lease of a check that no worker takes, however long a test lasts. */
export function heldByTest(): { leaseHolder: string; renewedAt: Date; patienceMs: number } {
  return { leaseHolder: 'a test', renewedAt: new Date(), patienceMs: 3_600_000 }
}

export async function share(owner: Account, shared: Image, recipients: Account[], note = ''): Promise<void> {
  const usernames = recipients.map((recipient) => recipient.username)
  expectOk(await shareImage(contextOf(owner), { region: shared.region, imageId: shared.id, usernames, note }))
}

/**
 * Images without disks, for lists and for states that no import keeps. The last is the newest. Running transfers have
 * `moved` percent.
 */
export async function imageRows(
  owner: Account,
  rows: (Partial<Prisma.ImageCreateManyInput> & { moved?: number; step?: 'RECEIVE' | 'CONVERT' })[],
): Promise<(Image & { os: string })[]> {
  const now = Date.now()
  const data = rows.map(({ moved: _moved, step: _step, ...fields }, index) => ({
    id: newId('img'),
    name: unique('disk'),
    regionId: region,
    operatingSystem: 'Debian 12',
    source: 'IMPORT' as const,
    state: 'available' as const,
    format: 'qcow2' as const,
    virtualSize: 4 * 2 ** 20,
    createdAt: new Date(now - (rows.length - index) * 1_000),
    updatedAt: new Date(),
    ...fields,
    ownerId: owner.id,
  }))
  const blobs = data
    .filter(({ state }) => state === 'available' || state === 'deleted')
    .map(({ id, regionId, virtualSize, createdAt }) => {
      const content = { sha256: createHash('sha256').update(id).digest('hex'), size: 1024, format: 'qcow2' as const }
      const at = { createdAt, updatedAt: createdAt }
      return { id: id.replace('img', 'blb'), regionId, ...content, virtualSize, state: 'ready' as const, ...at }
    })
  await db().blob.createMany({ data: blobs })
  const bytesOf = new Map(blobs.map(({ id, sha256, size }) => [id.replace('blb', 'img'), { blobId: id, sha256, size }]))
  const transfers = data.flatMap(({ id, state }, index) => {
    if (state !== 'importing' && state !== 'copying') return []
    const is =
      state === 'importing'
        ? ({ kind: 'IMPORT', step: rows[index]?.step ?? 'RECEIVE' } as const)
        : ({ kind: 'COPY', step: 'STORE' } as const)
    return [{ ...is, imageId: id, patienceMs: 3_600_000, doneBytes: rows[index]?.moved ?? 0, totalBytes: 100 }]
  })
  await db().$transaction([
    db().image.createMany({ data: data.map((row) => ({ ...row, ...bytesOf.get(row.id) })) }),
    db().transfer.createMany({ data: transfers }),
  ])
  for (const { sha256 } of blobs) await checkedContent(sha256)
  return data.map((image) => ({ id: image.id, name: image.name, region: image.regionId, os: image.operatingSystem }))
}

/** A new session of an account, as its cookie. */
export async function startSession(account: Account): Promise<{ id: string; name: string; value: string }> {
  const session = { id: crypto.randomUUID(), accountId: account.id, createdAt: new Date() }
  await db().session.create({ data: { ...session, expiresAt: new Date(Date.now() + 3_600_000) } })
  const value = await sealSession({ accountId: account.id, sessionId: session.id })
  return { id: session.id, name: sessionCookie().name, value }
}

/** Signs a browser in without the form, which has its own tests. */
export async function signIn(context: BrowserContext, account: Account): Promise<void> {
  const { name, value } = await startSession(account)
  await context.addCookies([{ name, value, url: process.env.NEXTAUTH_URL }])
}

type Actions = Record<string, { exportedName: string; workers: Record<string, unknown> }>

/** The ids of the server actions in the tested build, for handmade requests. */
export function actionIds(): Record<string, string> {
  const file = path.join(process.env.NEXT_DIST_DIR || '.next', 'server/server-reference-manifest.json')
  const { node }: { node: Actions } = JSON.parse(fs.readFileSync(file, 'utf8'))
  return Object.fromEntries(Object.entries(node).map(([id, action]) => [action.exportedName, id]))
}

/** Calls a server action by a hand-made request with any arguments, including those that a browser would never send. */
export async function act(
  client: APIRequestContext,
  name: string,
  ...input: unknown[]
): Promise<ActionResult<unknown>> {
  const headers = { 'next-action': actionIds()[name] ?? '', 'content-type': 'text/plain;charset=UTF-8' }
  const response = await client.post('/account', { headers, data: JSON.stringify(input) })
  const text = await response.text()
  const answer = text.split('\n').find((line) => /^\w+:\{"ok":/.test(line))
  if (!answer) throw new Error(`${name} answered ${response.status()}: ${text.slice(0, 500)}`)
  return JSON.parse(answer.slice(answer.indexOf(':') + 1))
}

/** Notifies the open pages of an account that nouns changed, as their events do. */
export async function tellPages(owner: Account, ...nouns: string[]): Promise<void> {
  await db().$queryRaw`SELECT pg_notify('ecs_changes', ${`${owner.id} ${nouns.join()}`})::text`
}

/** The answer to a GET. */
export async function ask(client: APIRequestContext, url: string) {
  const response = await client.get(url)
  return { status: response.status(), body: await response.text(), headers: response.headers() }
}

/** The row of a table that contains this text. */
export function row(table: Locator, text: string): Locator {
  return table.getByRole('row').filter({ hasText: text })
}

/** Checks a row's cells by their column headers. */
export async function expectRow(table: Locator, text: string, cells: Record<string, string | RegExp>): Promise<void> {
  await expect(row(table, text)).toBeVisible()
  const headers = await table.getByRole('columnheader').allInnerTexts()
  for (const [header, value] of Object.entries(cells)) {
    const index = headers.findIndex((candidate) => candidate.trim() === header)
    expect(index, `a column "${header}" among ${headers.join(', ')}`).toBeGreaterThanOrEqual(0)
    await expect(row(table, text).getByRole('cell').nth(index)).toHaveText(value)
  }
}

type Fixtures = {
  browserPage: (account: Account, options?: { locale?: string; javaScriptEnabled?: boolean }) => Promise<Page>
  requestAs: (account: Account | null) => Promise<APIRequestContext>
}

/** Releases the requests that a test holds back: their handlers would fail when the browser closes. */
async function letGo(context: BrowserContext): Promise<void> {
  for (const page of context.pages()) await page.unrouteAll({ behavior: 'ignoreErrors' })
}

export const test = base.extend<Fixtures>({
  context: async ({ context }, use) => {
    waitForScripts(context)
    await use(context)
    await letGo(context)
  },

  /** Another signed-in browser, for tests with two people. */
  browserPage: async ({ browser }, use) => {
    const contexts: BrowserContext[] = []
    await use(async (account, options = {}) => {
      const { locale = 'en-US', javaScriptEnabled = true } = options
      const context = await browser.newContext({ locale, javaScriptEnabled, reducedMotion: 'reduce' })
      contexts.push(context)
      if (javaScriptEnabled) waitForScripts(context)
      await signIn(context, account)
      return await context.newPage()
    })
    for (const context of contexts) {
      await letGo(context)
      await context.close()
    }
  },

  /** Hand-made requests of an account, or of a visitor who is not signed in. */
  requestAs: async ({ playwright, baseURL }, use) => {
    const contexts: APIRequestContext[] = []
    await use(async (account) => {
      const cookie = account && (await startSession(account))
      const extraHTTPHeaders: Record<string, string> = cookie ? { cookie: `${cookie.name}=${cookie.value}` } : {}
      const context = await playwright.request.newContext({ baseURL, extraHTTPHeaders, maxRedirects: 0 })
      contexts.push(context)
      return context
    })
    for (const context of contexts) await context.dispose()
  },
})

test.beforeAll(async () => {
  const createdAt = new Date()
  const data = [...regions, plainRegion].map((entry) => ({ ...entry, createdAt }))
  await db().region.createMany({ data, skipDuplicates: true })
})

/** The keys in the store of a region, whether a folder or a bucket. */
export async function storedIn(regionId: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of storeOf(regionId).list()) keys.push(key)
  return keys
}
