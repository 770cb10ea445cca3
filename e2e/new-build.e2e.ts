import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { BrowserContext, Page } from '@playwright/test'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { db } from '@/lib/db/client'
import { freePort, isListening } from '@/lib/embedded/ports'
import { serverAt } from '@/lib/start/build'
import { watchdog } from '@/lib/start/run'
import { account, expect, image, row, share, startSession, test } from './fixtures'

// The console is updated while tabs are open: another build serves the same address. It is a renamed copy of the tested
// build, so that only an update's differences matter. A separate server, because it is replaced.

test.describe.configure({ mode: 'serial' })

const region = 'cn-shanghai'
const built = process.env.NEXT_DIST_DIR || '.next'
const newer = `${built}-newer`
const chunkFolder = path.join('static', 'chunks')
let port: number
let baseUrl: string
let server: ChildProcess | undefined

/**
 * A copy of the build with new names for itself, its scripts and its styles: the old ones are gone. Action ids depend
 * on the build's key, so another operator's build has other ids, which `actions` renames too.
 */
function copyBuild({ actions }: { actions: boolean }): void {
  fs.rmSync(newer, { recursive: true, force: true })
  fs.cpSync(built, newer, { recursive: true, filter: (from) => !from.startsWith(path.join(built, 'cache')) })
  const name = fs.readFileSync(path.join(built, 'BUILD_ID'), 'utf8')
  const files = fs.readdirSync(newer, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const chunks = files.filter(({ parentPath }) => parentPath.endsWith(chunkFolder)).map((entry) => entry.name)
  const ids = actions ? actionIds() : []
  const names = new RegExp([name, ...chunks, ...ids].map((text) => text.replaceAll('.', '\\.')).join('|'), 'g')
  const reversed = (text: string) => text.split('').reverse().join('')
  const rename = (text: string) => {
    // The first two digits encode the arguments of an action.
    if (ids.includes(text)) return text.slice(0, 2) + reversed(text.slice(2))
    return text === name ? reversed(text) : `newer-${text}`
  }
  for (const entry of files) {
    const file = path.join(entry.parentPath, entry.name)
    if (/(\.(js|json|html|rsc)|BUILD_ID)$/.test(entry.name)) {
      const text = fs.readFileSync(file, 'utf8')
      const renamed = text.replaceAll(names, rename)
      if (renamed !== text) fs.writeFileSync(file, renamed)
    }
    if (chunks.includes(entry.name)) fs.renameSync(file, path.join(entry.parentPath, rename(entry.name)))
  }
}

function actionIds(): string[] {
  const manifest = fs.readFileSync(path.join(built, 'server', 'server-reference-manifest.json'), 'utf8')
  return Object.keys(JSON.parse(manifest).node)
}

async function serve(build: string): Promise<void> {
  // The old server finishes requests on open connections before it ends, and would answer them as the old build.
  const before = server
  if (before?.kill()) await expect.poll(() => before.exitCode ?? before.signalCode).not.toBe(null)
  const own = { NEXT_DIST_DIR: build, NEXTAUTH_URL: baseUrl, NODE_ENV: 'production', NODE_OPTIONS: '' } as const
  server = spawn(process.execPath, [watchdog, ...serverAt('127.0.0.1', port)], {
    env: { ...process.env, ...own },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  await expect.poll(() => isListening(port, '127.0.0.1')).toBe(true)
}

test.beforeAll(async () => {
  port = await freePort()
  baseUrl = `http://127.0.0.1:${port}`
})

test.afterAll(() => {
  server?.kill()
  fs.rmSync(newer, { recursive: true, force: true })
})

function bar(page: Page) {
  return page.getByRole('alert').filter({ hasText: 'The console was updated' })
}

/** Opens the share page of an image with one recipient, in a tab of the old build. */
async function openSharePage(context: BrowserContext) {
  const [owner, first, second] = [await account(), await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [first])
  await serve(built)
  const session = await startSession(owner)
  const value = await sealSession({ accountId: owner.id, sessionId: session.id })
  await context.addCookies([{ name: sessionCookie(baseUrl).name, value, url: baseUrl }])
  const page = await context.newPage()
  await page.goto(`${baseUrl}/${region}/images/${disk.id}/share`)
  await page.getByRole('textbox', { name: 'Username' }).fill(`${second.username},`)
  const note = page.getByRole('textbox', { name: 'Note (optional)' })
  await note.fill('typed before the update')
  return { page, note, disk, first, second }
}

for (const [how, isRenamed] of [
  ['knows by name', false],
  ['does not know', true],
] as const) {
  test(`a tab of the old build is asked to reload by a build that ${how} its actions: nothing is done, and input is kept`, async ({
    context,
  }) => {
    const { page, note, disk, second } = await openSharePage(context)
    copyBuild({ actions: isRenamed })
    await serve(newer)

    const sent = page.waitForResponse((answer) => answer.request().method() === 'POST')
    const submit = page.getByRole('button', { name: 'Share Images' })
    // By a key: other requests of the page may show the bar meanwhile, which moves the button.
    await submit.press('Enter')
    expect((await sent).headers()['x-nextjs-action-not-found']).toBe(isRenamed ? '1' : undefined)
    await expect(bar(page)).toBeVisible()
    await expect(submit).toBeEnabled()
    await expect(page.getByRole('alert').filter({ hasText: 'not clear' })).toHaveCount(0)
    expect(await db().share.count({ where: { imageId: disk.id } })).toBe(1)
    await expect(note).toHaveValue('typed before the update')
    await bar(page).getByRole('link', { name: 'Reload' }).click()
    await expect(bar(page)).toHaveCount(0)
    await expect(note).toHaveValue('typed before the update')
    await submit.click()
    await expect(row(page.getByRole('table'), second.username)).toContainText('typed before the update')
  })
}

test('if a part of the page is gone with the old build, the tab is asked to reload, and no input is lost', async ({
  context,
}) => {
  const { page, note, first, second } = await openSharePage(context)
  copyBuild({ actions: true })
  await serve(newer)

  const gone = page.waitForResponse((answer) => answer.url().includes('/static/chunks/') && answer.status() === 404)
  await page.getByRole('button', { name: `Cancel Sharing, ${first.username}` }).press('Enter')
  await gone
  await expect(bar(page)).toBeVisible()
  await expect(page.getByRole('heading', { level: 1, name: 'Shared Images' })).toBeVisible()
  await expect(note).toHaveValue('typed before the update')
  await note.fill('typed after the update')
  await bar(page).getByRole('link', { name: 'Reload' }).click()
  await expect(bar(page)).toHaveCount(0)
  await expect(note).toHaveValue('typed after the update')
  await expect(page.getByRole('button', { name: `Remove ${second.username}` })).toBeVisible()
  await page.getByRole('button', { name: `Cancel Sharing, ${first.username}` }).click()
  await expect(page.getByRole('alertdialog')).toBeVisible()
})
