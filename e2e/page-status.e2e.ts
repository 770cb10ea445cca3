import { db } from '@/lib/db/client'
import { account, expect, heldByTest, image, lonelyDisk, password, row, signIn, test, unique } from './fixtures'
import { begun, diskFile, expectAvailable, words } from './uploads'

// A page that cannot continue says so in one place, and keeps its input.

const region = 'cn-shanghai'

async function shareForm(page: import('@playwright/test').Page, imageId: string) {
  await page.goto(`/${region}/images/${imageId}/share`)
  const username = page.getByRole('textbox', { name: 'Username' })
  const note = page.getByRole('textbox', { name: 'Note (optional)' })
  const send = page.getByRole('button', { name: 'Share Images' })
  return { username, note, send }
}

test('a tab of another account says so when it is focused, and does nothing for that account', async ({
  browserPage,
}) => {
  const [first, second, recipient] = [await account(), await account(), await account()]
  const disk = await image(first)
  const page = await browserPage(first)
  const { username, send } = await shareForm(page, disk.id)
  await username.fill(`${recipient.username},`)
  await expect(page.getByRole('button', { name: `Remove ${recipient.username}` })).toBeVisible()
  await signIn(page.context(), second)
  await send.click()
  const bar = page.getByRole('alert').filter({ hasText: `You are now signed in as ${second.username}` })
  await expect(bar).toBeVisible()
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(0)
  await expect(page.getByRole('button', { name: `Remove ${recipient.username}` })).toBeVisible()
  await signIn(page.context(), first)
  await expect(bar).toHaveCount(0)
  await send.click()
  await expect(row(page.getByRole('table'), recipient.username)).toBeVisible()
  // A tab checks its status when it is focused, not only when its lists are refetched.
  await page.clock.install()
  await page.goto('/account')
  await page.clock.pauseAt(Date.now() + 60_000)
  await signIn(page.context(), second)
  await page.evaluate(() => window.dispatchEvent(new Event('focus')))
  await expect(bar).toBeVisible()
  await page.clock.resume()
  await bar.getByRole('link', { name: 'Reload' }).click()
  await expect(page.getByRole('button', { name: `Account menu, ${second.username}` })).toBeVisible()
})

test('the progress of a check rerenders the page only for the account that it was rendered for', async ({
  browserPage,
}) => {
  const [first, second] = [await account(), await account()]
  const disk = await image(first, { disk: lonelyDisk() })
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: disk.id } })
  await db().check.update({
    where: { sha256: sha256 ?? '' },
    data: { isQueued: true, ...heldByTest() },
  })
  const page = await browserPage(first)
  const looks = page.waitForResponse((response) => response.url().includes('/check?region='))
  const { note } = await shareForm(page, disk.id)
  await expect(page.getByText('It is being checked again.')).toBeVisible()
  await note.fill('typed meanwhile')
  // An answer for the first account that arrives when the second has signed in.
  const answer = await (await looks).json()
  await signIn(page.context(), second)
  await page.route(/\/check\?region=/, (route) =>
    route.fulfill({ json: { ...answer, filesLooked: answer.filesLooked + 1, filesTotal: 99 } }),
  )
  await expect(page.getByRole('alert').filter({ hasText: `signed in as ${second.username}` })).toBeVisible()
  await expect(note).toHaveValue('typed meanwhile')
  await page.unrouteAll()
  await signIn(page.context(), first)
  await expect(page.getByRole('alert').filter({ hasText: 'signed in as' })).toHaveCount(0)
  // The refreshing action was sent by the first account's tab, and reaches the server with the second's session.
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(`**/${region}/images/${disk.id}/share*`, async (route) => {
    await held
    await route.continue()
  })
  // Not the list of the image's shares, which is also refetched.
  const anew = page.waitForRequest(
    (request) => new URL(request.url()).pathname === `/${region}/images/${disk.id}/share`,
  )
  await db().check.update({ where: { sha256: sha256 ?? '' }, data: { filesLooked: 7, filesTotal: 99 } })
  await anew
  await signIn(page.context(), second)
  release()
  await expect(page.getByRole('alert').filter({ hasText: `signed in as ${second.username}` })).toBeVisible()
  await expect(note).toHaveValue('typed meanwhile')
  await page.unrouteAll()
  await signIn(page.context(), first)
  await db().check.update({
    where: { sha256: sha256 ?? '' },
    data: { isQueued: false, leaseHolder: null },
  })
  await expect(page.getByText('nothing private was found')).toBeVisible()
  await expect(page.getByText('It is being checked again.')).toHaveCount(0)
  await expect(note).toHaveValue('typed meanwhile')
})

test('a verdict that comes while the page is being sent is shown by the next poll', async ({ browserPage }) => {
  const owner = await account()
  const disk = await image(owner, { disk: lonelyDisk() })
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: disk.id } })
  const where = { sha256: sha256 ?? '' }
  await db().check.update({
    where,
    data: { isQueued: true, ...heldByTest() },
  })
  const page = await browserPage(owner)
  await shareForm(page, disk.id)
  await expect(page.getByText('It is being checked again.')).toBeVisible()
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  let hasMade = () => {}
  const made = new Promise<void>((resolve) => {
    hasMade = resolve
  })
  // The server has rendered the page before the check ends, and the page arrives afterwards.
  await page.route(`**/${region}/images/${disk.id}/share*`, async (route) => {
    const response = await route.fetch()
    hasMade()
    await held
    await route.fulfill({ response })
  })
  await db().check.update({ where, data: { filesLooked: 7, filesTotal: 99 } })
  await made
  const ended = page.waitForResponse(
    async (response) => response.url().includes('/check?region=') && !(await response.json()).isQueued,
  )
  await db().check.update({ where, data: { isQueued: false, leaseHolder: null } })
  await ended
  release()
  await expect(page.getByText('nothing private was found')).toBeVisible()
  await expect(page.getByText('It is being checked again.')).toHaveCount(0)
})

test('when the session ends the form stays, and continues after a sign-in in another tab', async ({ browserPage }) => {
  const [owner, recipient] = [await account({ username: unique('owner') }), await account()]
  const disk = await image(owner)
  const page = await browserPage(owner)
  const { username, note, send } = await shareForm(page, disk.id)
  await username.fill(`${recipient.username},`)
  await note.fill('as we spoke of')
  await db().session.deleteMany({ where: { accountId: owner.id } })
  const bar = page.getByRole('alert').filter({ hasText: 'Your session has ended' })
  await expect(bar).toBeVisible()
  await send.click()
  await expect(note).toHaveValue('as we spoke of')
  const opened = page.context().waitForEvent('page')
  await bar.getByRole('link', { name: 'Sign in again' }).click()
  const beside = await opened
  await beside.getByLabel('Username').fill(owner.username)
  await beside.getByLabel('Password', { exact: true }).fill(password)
  await beside.getByRole('button', { name: 'Sign in' }).click()
  await expect(beside.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(bar).toHaveCount(0)
  await send.click()
  await expect(row(page.getByRole('table'), recipient.username)).toContainText('as we spoke of')
})

test('input survives a reload, and no password is stored', async ({ browserPage }) => {
  const owner = await account()
  const disk = await image(owner)
  const page = await browserPage(owner)
  const { username, note } = await shareForm(page, disk.id)
  await username.fill('somebody-else,another')
  await note.fill('a note that took a while')
  await page.reload()
  await expect(page.getByRole('button', { name: 'Remove somebody-else' })).toBeVisible()
  await expect(note).toHaveValue('a note that took a while')
  await page.goto(`/${region}/images/${disk.id}/copy`)
  const name = page.getByRole('textbox', { name: 'Name' })
  await name.fill('another name')
  await page.reload()
  await expect(name).toHaveValue('another name')
  await page.goto('/account')
  await page.getByLabel('Current password').fill('a secret that nobody keeps')
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('a secret')
})

test('signing out leaves no input in the tab', async ({ browserPage }) => {
  const owner = await account()
  const disk = await image(owner)
  const page = await browserPage(owner)
  const { note } = await shareForm(page, disk.id)
  await note.fill('a note for one tenant alone')
  const kept = () => page.evaluate(() => JSON.stringify(sessionStorage))
  await expect.poll(kept).toContain('for one tenant alone')
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  expect(await kept()).not.toContain('for one tenant alone')
})

test('without a network nothing is sent, the page says so, and continues once it is back', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  const page = await browserPage(owner)
  const { username, send } = await shareForm(page, disk.id)
  await username.fill(`${recipient.username},`)
  // The code that shows a username's state has loaded.
  await expect(page.getByRole('button', { name: `Remove ${recipient.username}` })).toBeVisible()
  await page.context().setOffline(true)
  const bar = page.getByRole('alert').filter({ hasText: 'You are offline' })
  await expect(bar).toBeVisible()
  await send.click()
  await expect(page.getByRole('button', { name: `Remove ${recipient.username}` })).toBeVisible()
  await page.context().setOffline(false)
  await expect(bar).toHaveCount(0)
  await send.click()
  await expect(row(page.getByRole('table'), recipient.username)).toBeVisible()
})

test("reads send the account of their page, and another account's are refused", async ({ requestAs }) => {
  const [first, second] = [await account(), await account()]
  const client = await requestAs(first)
  const asked = async (headers: Record<string, string>) => {
    const answer = await client.get('/api/page-status', { headers })
    return { status: answer.status(), body: await answer.json() }
  }
  expect(await asked({})).toEqual({ status: 200, body: { username: first.username } })
  expect(await asked({ 'x-page-account': first.id })).toMatchObject({ status: 200 })
  expect(await asked({ 'x-page-account': second.id })).toEqual({
    status: 409,
    body: { refusal: { code: 'OTHER_ACCOUNT', username: first.username } },
  })
  expect(await asked({ 'x-page-build': 'older' })).toEqual({ status: 409, body: { refusal: { code: 'NEW_BUILD' } } })
})

test('an upload waits when the session has ended, and continues after a sign-in', async ({ browserPage }, info) => {
  const owner = await account()
  const [page, disk] = [await browserPage(owner), await diskFile(info)]
  const { network } = await begun(page, disk)
  await db().session.deleteMany({ where: { accountId: owner.id } })
  const upload = page.getByRole('listitem', { name: disk.name })
  await expect(upload).toContainText(words.states.held)
  await expect(page.getByRole('alert').filter({ hasText: 'Your session has ended' })).toBeVisible()
  // Not after a sign-in as another account: the upload belongs to the first one.
  await signIn(page.context(), await account())
  await expect(page.getByRole('alert').filter({ hasText: 'You are now signed in as' })).toBeVisible()
  await expect(upload).toContainText(words.states.held)
  await network.mend()
  await signIn(page.context(), owner)
  await expectAvailable(page, disk)
})

test("an import's input survives a reload, and an empty form says that the file is missing", async ({
  browserPage,
}) => {
  const page = await browserPage(await account())
  await page.goto(`/${region}/images/import`)
  await page.getByLabel('Operating system', { exact: true }).fill('Debian 12')
  await page.reload()
  await expect(page.getByLabel('Operating system', { exact: true })).toHaveValue('Debian 12')
  await page.getByRole('button', { name: 'Import Image' }).click()
  await expect(page.getByRole('alert').filter({ hasText: words.noFile })).toBeVisible()
  await expect(page.getByLabel('File', { exact: true })).toBeFocused()
})
