import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Browser, BrowserContext, Page } from '@playwright/test'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { db } from '@/lib/db/client'
import { freePort, isListening } from '@/lib/embedded/ports'
import { serverAt } from '@/lib/start/build'
import { watchdog } from '@/lib/start/run'
import { expectAccessible, looks } from './accessible'
import { type Account, account, expect, image, messages, row, share, startSession, test } from './fixtures'
import { waitForScripts } from './wait-for-scripts'

// A separate server with its own ballast file, so that the other tests continue.

const region = 'cn-shanghai'
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-console-read-only-'))
const ballast = path.join(folder, 'ballast')
let baseUrl: string
let server: ChildProcess

test.beforeAll(async () => {
  const port = await freePort()
  baseUrl = `http://127.0.0.1:${port}`
  const own = { NEXTAUTH_URL: baseUrl, ECS_BALLAST_FILE: ballast, NODE_ENV: 'production', NODE_OPTIONS: '' } as const
  server = spawn(process.execPath, [watchdog, ...serverAt('127.0.0.1', port)], {
    env: { ...process.env, ...own },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  await expect.poll(() => isListening(port, '127.0.0.1')).toBe(true)
})

test.afterAll(() => {
  server.kill()
  fs.rmSync(folder, { recursive: true })
})

async function signInThere(context: BrowserContext, who: Account): Promise<void> {
  const { id } = await startSession(who)
  const value = await sealSession({ accountId: who.id, sessionId: id })
  await context.addCookies([{ name: sessionCookie(baseUrl).name, value, url: baseUrl }])
}

async function pageThere(browser: Browser, who: Account, options: { javaScriptEnabled?: boolean } = {}): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', ...options })
  if (options.javaScriptEnabled !== false) waitForScripts(context)
  await signInThere(context, who)
  return await context.newPage()
}

const barOf = (page: Page) => page.getByRole('alert').filter({ hasText: messages.en.pageStatus.readOnly })

test('on a full disk every page says that the console is read-only, a share is refused and a cancel works, until there is space', async ({
  browser,
}) => {
  fs.writeFileSync(ballast, '')
  const [owner, first, second] = [await account(), await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [first])
  const page = await pageThere(browser, owner)
  await page.goto(`${baseUrl}/${region}/images/${disk.id}/share`)
  const username = page.getByRole('textbox', { name: 'Username' })
  await username.fill(`${second.username},`)
  // The look-up, like any other request, may show the bar, which moves the page; so the button is pressed by a key.
  await expect(page.getByTitle(`${second.username}: Found`)).toBeVisible()
  await expect(barOf(page)).toHaveCount(0)

  fs.rmSync(ballast)
  await page.getByRole('button', { name: 'Share Images' }).press('Enter')
  await expect(page.getByRole('alert').filter({ hasText: messages.en.refusals.READ_ONLY })).toBeVisible()
  await expect(barOf(page)).toBeVisible()
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(1)
  await page.getByRole('button', { name: `Cancel Sharing, ${first.username}` }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel Sharing' }).click()
  await expect.poll(() => db().share.count({ where: { imageId: disk.id } })).toBe(0)
  await expect(row(page.getByRole('table'), first.username)).toHaveCount(0)

  // Also without scripts, and on each page.
  const plain = await pageThere(browser, owner, { javaScriptEnabled: false })
  for (const place of [`/${region}/images/custom`, `/${region}/images/import`, '/account']) {
    await plain.goto(`${baseUrl}${place}`)
    await expect(barOf(plain), place).toBeVisible()
  }
  const ready = await (await page.request.get(`${baseUrl}/readyz`)).json()
  expect(ready.nearlyFull).toContain('database')
  await expectAccessible(page, 'read-only', looks)

  fs.writeFileSync(ballast, '')
  await expect(barOf(page)).toHaveCount(0)
  await page.getByRole('button', { name: 'Share Images' }).click()
  await expect(row(page.getByRole('table'), second.username)).toBeVisible()
  await Promise.all([page.context().close(), plain.context().close()])
})
