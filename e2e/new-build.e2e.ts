import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { db } from '@/lib/db/client'
import { freePort, isListening } from '@/lib/embedded/ports'
import { serverAt } from '@/lib/start/build'
import { watchdog } from '@/lib/start/run'
import { account, expect, image, row, share, startSession, test } from './fixtures'

// The console is updated while tabs are open: the same address is served by another build. It is a copy of the build under
// test with another name, so nothing but what an update changes is different. A server of its own, because it is exchanged.

test.describe.configure({ mode: 'serial' })

const region = 'cn-shanghai'
const built = process.env.NEXT_DIST_DIR || '.next'
const newer = `${built}-newer`
const longLived = { timeout: 60_000 }
let port: number
let baseUrl: string
let server: ChildProcess | undefined

/** A copy of the build, renamed wherever it names itself. */
function copyBuild(): void {
  fs.rmSync(newer, { recursive: true, force: true })
  fs.cpSync(built, newer, { recursive: true, filter: (from) => !from.startsWith(path.join(built, 'cache')) })
  const name = fs.readFileSync(path.join(built, 'BUILD_ID'), 'utf8')
  const other = name.split('').reverse().join('')
  for (const entry of fs.readdirSync(newer, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (!entry.isFile() || !/(\.(js|json|html|rsc)|BUILD_ID)$/.test(entry.name)) continue
    const text = fs.readFileSync(file, 'utf8')
    if (text.includes(name)) fs.writeFileSync(file, text.replaceAll(name, other))
  }
}

async function serve(build: string): Promise<void> {
  // It ends what is under way on open connections before it goes, and would answer on them as the build before.
  const before = server
  if (before?.kill()) await expect.poll(() => before.exitCode ?? before.signalCode, longLived).not.toBe(null)
  const own = { NEXT_DIST_DIR: build, NEXTAUTH_URL: baseUrl, NODE_ENV: 'production', NODE_OPTIONS: '' } as const
  server = spawn(process.execPath, [watchdog, ...serverAt('127.0.0.1', port)], {
    env: { ...process.env, ...own },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  await expect.poll(() => isListening(port, '127.0.0.1'), longLived).toBe(true)
}

test.beforeAll(async () => {
  copyBuild()
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

test('a tab of the build before is told to reload, nothing is done for it, and what was typed is kept', async ({
  context,
}) => {
  const [owner, first, second] = [await account(), await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [first])
  await serve(built)
  const session = await startSession(owner)
  const value = await sealSession({ accountId: owner.id, sessionId: session.id })
  await context.addCookies([{ name: sessionCookie(baseUrl).name, value, url: baseUrl }])
  const form = await context.newPage()
  // A real update names its scripts anew. Those of the copy have the names of the first, so none is taken from the cache.
  const client = await context.newCDPSession(form)
  await client.send('Network.enable')
  await client.send('Network.setCacheDisabled', { cacheDisabled: true })
  await form.goto(`${baseUrl}/${region}/images/${disk.id}/share`)
  await form.getByRole('textbox', { name: 'Username' }).fill(`${second.username},`)
  await form.getByRole('textbox', { name: 'Note (optional)' }).fill('typed before the update')
  await serve(newer)

  await form.getByRole('button', { name: 'Share Images' }).click()
  await expect(bar(form)).toBeVisible()
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(1)
  await expect(form.getByRole('textbox', { name: 'Note (optional)' })).toHaveValue('typed before the update')
  await bar(form).getByRole('link', { name: 'Reload' }).click()
  await expect(bar(form)).toHaveCount(0)
  await expect(form.getByRole('textbox', { name: 'Note (optional)' })).toHaveValue('typed before the update')
  await form.getByRole('button', { name: 'Share Images' }).click()
  await expect(row(form.getByRole('table'), second.username)).toContainText('typed before the update')
})
