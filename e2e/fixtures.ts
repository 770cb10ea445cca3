import { randomInt } from 'node:crypto'
import { Readable } from 'node:stream'
import { type BrowserContext, test as base, expect, type Locator, type Page } from '@playwright/test'
import { hashPassword } from '@/lib/auth/password'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { type Context, mintViewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { buildQcow2, buildRawDisk } from '@/lib/disks/samples'
import { newId } from '@/lib/ids'
import { importImage } from '@/lib/jobs/import-image'
import en from '@/lib/messages/en.json' with { type: 'json' }
import zh from '@/lib/messages/zh.json' with { type: 'json' }
import type { Result } from '@/lib/result'
import { shareImage } from '@/lib/shares/writes'

export { expect }
export const messages = { en, zh }
export const password = 'a password of the tests'

export const regions = [
  { id: 'cn-shanghai', name: 'China East (Shanghai)' },
  { id: 'cn-shenzhen', name: 'China South (Shenzhen)' },
]
const region = 'cn-shanghai'

export type Account = { id: string; username: string; master: { id: string; username: string } | null }
export type Image = { id: string; name: string; region: string }

let passwordHash: Promise<string> | undefined
let disk: Buffer | undefined

/** Something nobody else in this run is called: every test makes its own accounts and images. */
export function unique(word: string): string {
  return `${word}-${randomInt(36 ** 7).toString(36)}`
}

/** What a refusal or a fault would be is a mistake of the test. */
export function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`Refused: ${JSON.stringify(result.refusal)}`)
  return result.value
}

export async function account(options: { username?: string; master?: Account } = {}): Promise<Account> {
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
  return { id: row.id, username: row.username, master: options.master ?? null }
}

/** As if this account had asked, to prepare what a test starts from. */
export function contextOf(account: Account): Context {
  const kind = account.master ? 'SUB' : 'MASTER'
  return { viewer: mintViewer({ ...account, kind, displayName: '' }), now: new Date(), address: null }
}

/** A real disk, imported the way that every disk is. */
export async function image(
  owner: Account,
  options: { name?: string; region?: string; os?: string } = {},
): Promise<Image> {
  disk ??= buildQcow2({ raw: buildRawDisk({ sizeMib: 4, label: 'TEST', seed: 1 }) })
  const input = {
    region: options.region ?? region,
    name: options.name ?? unique('disk'),
    operatingSystem: options.os ?? 'Debian 12',
  }
  const bytes = disk
  const made = await importImage(contextOf(owner), input, { open: () => Readable.from([bytes]) })
  return { id: expectOk(made).imageId, name: input.name, region: input.region }
}

export async function share(owner: Account, shared: Image, recipients: Account[]): Promise<void> {
  const usernames = recipients.map((recipient) => recipient.username)
  expectOk(await shareImage(contextOf(owner), { region: shared.region, imageId: shared.id, usernames, note: '' }))
}

/** Signs a browser in without the form, which has tests of its own. */
export async function signIn(context: BrowserContext, account: Account): Promise<void> {
  const session = { id: crypto.randomUUID(), accountId: account.id, createdAt: new Date() }
  await db().session.create({ data: { ...session, expiresAt: new Date(Date.now() + 3_600_000) } })
  const value = await sealSession({ accountId: account.id, sessionId: session.id })
  await context.addCookies([{ name: sessionCookie().name, value, url: process.env.NEXTAUTH_URL }])
}

/** The row of a table that has these cells under these headers. */
export function row(table: Locator, text: string): Locator {
  return table.getByRole('row').filter({ hasText: text })
}

/** Checks a row's cells by the headers that stand over them, as a reader does. */
export async function expectRow(table: Locator, text: string, cells: Record<string, string | RegExp>): Promise<void> {
  await expect(row(table, text)).toBeVisible()
  const headers = await table.getByRole('columnheader').allInnerTexts()
  for (const [header, value] of Object.entries(cells)) {
    const index = headers.findIndex((candidate) => candidate.trim() === header)
    expect(index, `a column "${header}" among ${headers.join(', ')}`).toBeGreaterThanOrEqual(0)
    await expect(row(table, text).getByRole('cell').nth(index)).toHaveText(value)
  }
}

export const test = base.extend<{ browserPage: (account: Account, options?: { locale?: string }) => Promise<Page> }>({
  /** A signed-in browser of somebody's own, for tests in which two people act. */
  browserPage: async ({ browser }, use) => {
    const contexts: BrowserContext[] = []
    await use(async (account, options = {}) => {
      const context = await browser.newContext({ locale: options.locale ?? 'en-US', reducedMotion: 'reduce' })
      contexts.push(context)
      await signIn(context, account)
      return await context.newPage()
    })
    for (const context of contexts) await context.close()
  },
})

test.beforeAll(async () => {
  const createdAt = new Date()
  await db().region.createMany({ data: regions.map((entry) => ({ ...entry, createdAt })), skipDuplicates: true })
})
