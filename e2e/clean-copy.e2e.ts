import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import type { Browser, Page } from '@playwright/test'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { db } from '@/lib/db/client'
import { hasTools, toolsNote } from '@/lib/disks/fixtures/tools'
import { freePort, isListening } from '@/lib/embedded/ports'
import { serverAt } from '@/lib/start/build'
import { watchdog } from '@/lib/start/run'
import { bootDisk } from '@/lib/testing/boot-disk'
import { cleaningTools, newSecret, plantedDisk, plantedExtDisk } from '@/lib/testing/builders-planted'
import { expectAccessible, looks } from './accessible'
import { type Account, account, expect, image, messages, row, startSession, test, unique } from './fixtures'
import { createInstanceIn, noMachine } from './machines'
import { choose } from './uploads'
import { waitForScripts } from './wait-for-scripts'

const region = 'cn-shanghai'
const words = messages.en.clean
const canClean = hasTools(...cleaningTools)
const note = toolsNote(...cleaningTools)

// A separate server that shares only clean disks; database, stores and worker are those of all tests.
let baseUrl: string
let server: ChildProcess

test.beforeAll(async () => {
  const port = await freePort()
  baseUrl = `http://127.0.0.1:${port}`
  const own = { NEXTAUTH_URL: baseUrl, ECS_SHARE_CHECK: 'block', NODE_ENV: 'production', NODE_OPTIONS: '' } as const
  server = spawn(process.execPath, [watchdog, ...serverAt('127.0.0.1', port)], {
    env: { ...process.env, ...own },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  await expect.poll(() => isListening(port, '127.0.0.1')).toBe(true)
})

test.afterAll(() => void server.kill())

/** A browser signed in at the server that blocks. */
async function pageThere(browser: Browser, who: Account): Promise<Page> {
  const context = await browser.newContext({ locale: 'en-US', reducedMotion: 'reduce', baseURL: baseUrl })
  waitForScripts(context)
  const { id } = await startSession(who)
  const value = await sealSession({ accountId: who.id, sessionId: id })
  await context.addCookies([{ name: sessionCookie(baseUrl).name, value, url: baseUrl }])
  return await context.newPage()
}

async function shareWith(page: Page, imageId: string, username: string): Promise<void> {
  await page.goto(`/${region}/images/${imageId}/share`)
  await page.getByRole('textbox', { name: 'Username' }).fill(username)
  await page.getByRole('button', { name: 'Share Images' }).click()
}

test.skip(!canClean, `the tools that clean a disk are missing${note}`)

test('harbour imports a disk with keys, cannot share it, cleans it, and lantern gets it clean and boots it', async ({
  browser,
  browserPage,
}, info) => {
  test.slow()
  const why = await noMachine()
  const boot = why === null ? await bootDisk() : null
  const [harbour, lantern] = [
    await account({ username: unique('harbour') }),
    await account({ username: unique('lantern') }),
  ]
  const secret = newSecret()
  const name = unique('keys')
  const file = info.outputPath(`${name}.img`)
  await writeFile(file, await plantedExtDisk(secret, { boot, isOwned: false }))
  const page = await pageThere(browser, harbour)
  const expectNoSecret = async () => {
    const content = await page.content()
    for (let at = 0; at + 12 <= secret.length; at += 6) expect(content).not.toContain(secret.slice(at, at + 12))
  }
  const idOf = async (name: string) => (await db().image.findFirstOrThrow({ where: { name } })).id
  const cleanName = `${name} clean`

  await test.step('harbour imports it', async () => {
    await page.goto(`/${region}/images/import`)
    await choose(page, file)
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue(name)
    await page.getByLabel('Operating system', { exact: true }).fill('Tiny Linux')
    await page.getByRole('button', { name: 'Import Image' }).click()
    await expect(page.getByRole('listitem', { name })).toContainText('Available')
  })

  await test.step('the share page shows the findings without a reload, and the share is refused', async () => {
    const imageId = await idOf(name)
    await page.goto(`/${region}/images/${imageId}/share`)
    await expect(page.getByRole('region', { name: 'Disk Check' })).toContainText(/[1-9] critical/)
    await shareWith(page, imageId, lantern.username)
    await expect(page.getByRole('alert').filter({ hasText: 'Nothing was shared.' })).toContainText('critical')
    expect(await db().share.count({ where: { imageId } })).toBe(0)
  })

  await test.step('the report lists each by its path and shows no secret', async () => {
    await page.goto(`/${region}/images/${await idOf(name)}/check`)
    for (const path of ['/etc/ssl/private/server.key', '/etc/shadow', '/root/.bash_history', '/etc/machine-id'])
      await expect(page.getByText(path).first()).toBeVisible()
    await expectNoSecret()
  })

  await test.step('a clean copy is made without the findings', async () => {
    await page.getByRole('link', { name: words.title }).click()
    await expect(page.getByRole('checkbox', { name: '/etc/ssl/private/server.key' })).toBeChecked()
    await expect(page.getByRole('checkbox', { name: words.reset })).toBeChecked()
    await expect(page.getByLabel(words.name)).toHaveValue(cleanName)
    await expectAccessible(page, 'the form of a clean copy', looks)
    await page.getByRole('button', { name: words.submit }).click()
    await expect(page).toHaveURL(/\/images\/img-[a-z0-9]+$/)
    await expect(page.getByText('Available', { exact: true })).toBeVisible()
  })

  await test.step('its report has before and after side by side, and the original is as it was', async () => {
    await page.goto(`/${region}/images/${await idOf(cleanName)}/check`)
    await expect(page.getByText('Clean', { exact: true })).toBeVisible()
    const compared = page.getByRole('table', { name: words.resultTitle })
    await expect(compared.getByRole('row', { name: words.total })).toContainText(/[1-9]\d*\s*0$/)
    await expectAccessible(page, 'the report of a clean copy', looks)
    await expectNoSecret()
    await page.getByRole('link', { name: `Clean copy of ${name}` }).click()
    await expect(page.getByText('Findings', { exact: true }).first()).toBeVisible()
  })

  await test.step('it is shared, and lantern sees that it was checked and is clean', async () => {
    await shareWith(page, await idOf(cleanName), lantern.username)
    await expect(row(page.getByRole('table'), lantern.username)).toBeVisible()
    const theirs = await browserPage(lantern)
    await theirs.goto(`/${region}/images/shared`)
    await expect(row(theirs.getByRole('table'), cleanName)).toContainText(/Checked .*: clean/)
  })

  if (why !== null) return
  await test.step('lantern boots it', async () => {
    const theirs = await browserPage(lantern)
    theirs.on('dialog', (dialog) => void dialog.accept())
    await createInstanceIn(theirs, { region, imageId: await idOf(cleanName), name: unique('quay') })
    await theirs.getByRole('link', { name: 'Console', exact: true }).click()
    await expect(theirs.locator('.xterm-accessibility')).toContainText('Tiny Linux')
  })
})

test('without scripts a clean copy is made, and a form sent twice makes one', async ({ browserPage }) => {
  const harbour = await account()
  const disk = await image(harbour, { disk: await plantedExtDisk(newSecret()), isUnchecked: true })
  const page = await browserPage(harbour, { javaScriptEnabled: false })
  await expect
    .poll(async () => {
      const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: disk.id } })
      return (await db().check.findUnique({ where: { sha256: sha256 ?? '' } }))?.state
    })
    .toBe('findings')
  await page.goto(`/${region}/images/${disk.id}/check/clean`)
  await expect(page.getByText('belongs to the package vault')).toBeVisible()
  await page.getByRole('checkbox', { name: '/etc/shadow' }).uncheck()
  await page.getByLabel(words.name).fill('not\u200bone')
  await page.getByRole('button', { name: words.submit }).click()
  await expect(page.getByLabel(words.name)).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByRole('checkbox', { name: '/etc/shadow' })).not.toBeChecked()
  await page.getByLabel(words.name).fill('made clean')
  await page.getByRole('button', { name: words.submit }).click()
  await expect(page.getByText(words.begun)).toBeVisible()
  await page.reload()
  await expect(page.getByText(words.begun)).toBeVisible()
  expect(await db().image.count({ where: { copyOfId: disk.id } })).toBe(1)
  await page.getByRole('link', { name: words.showCopy }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('made clean')
})

test('a disk that cannot be cleaned from outside leads to the commands to run inside the machine', async ({
  browserPage,
}) => {
  const harbour = await account()
  const disk = await image(harbour, { disk: plantedDisk(newSecret()), isUnchecked: true })
  const page = await browserPage(harbour)
  await page.goto(`/${region}/images/${disk.id}/check`)
  await page.getByRole('link', { name: words.title }).click()
  await expect(page.getByText(/SERVER\.KEY/i)).toBeVisible()
  await expect(page.getByText('its file system cannot be changed here')).toBeVisible()
  await expect(page.getByText('sudo truncate -s 0 /etc/machine-id')).toBeVisible()
  await expectAccessible(page, 'a disk that cannot be cleaned from outside', looks)
})
