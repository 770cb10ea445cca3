import { readFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { expectAccessible, expectAccessiblePage, looks, sideways } from './accessible'
import {
  type Account,
  account,
  expect,
  expectRow,
  image,
  longest,
  messages,
  row,
  share,
  signIn,
  test,
} from './fixtures'
import { instanceRows } from './instance-rows'

const region = 'cn-shanghai'
const given = `/${region}/sharing?tab=given`
const received = `/${region}/sharing`

/** Two images of one owner, the first shared with two accounts and the second with one of them. */
async function withShares() {
  const [owner, one, other] = [await account(), await account(), await account()]
  const [web, mail] = [await image(owner), await image(owner)]
  await share(owner, web, [one, other], 'For the tests')
  await share(owner, mail, [one])
  return { owner, one, other, web, mail }
}

const left = async (owner: Account) => await db().share.count({ where: { ownerId: owner.id } })
const box = (page: Page, of: string, username: string) =>
  page.getByRole('checkbox', { name: `Select ${of}, ${username}` })
const rows = (page: Page) => page.getByRole('table').getByRole('row')

test('both tabs list every share of the account across all images, and the menu links to them', async ({
  browserPage,
}) => {
  const { owner, one, other, web, mail } = await withShares()
  const page = await browserPage(owner)
  await page.goto(`/${region}/images/custom`)
  await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: 'Sharing' }).click()
  await page.getByRole('link', { name: 'Given' }).click()
  await expect(page).toHaveTitle('Sharing · Open ECS Console')
  await expect(rows(page)).toHaveCount(4)
  const table = page.getByRole('table')
  await expectRow(table, mail.name, {
    Image: new RegExp(`${mail.name}.*${mail.id}`, 's'),
    Account: one.username,
    Until: 'No end',
    'Shared by': owner.username,
    State: 'Accepted',
    'Last used': 'Never',
  })
  await page.getByRole('searchbox', { name: 'Image, id or account' }).fill(other.username)
  await page.keyboard.press('Enter')
  await expect(rows(page)).toHaveCount(2)
  const theirs = await browserPage(one)
  await theirs.goto(received)
  await expect(rows(theirs)).toHaveCount(3)
  await expectRow(theirs.getByRole('table'), web.name, { Account: owner.username, 'Shared by': owner.username })
  await expect(theirs.getByRole('table').getByText(other.username)).toHaveCount(0)
})

test("the owner sees each recipient's last use and number of instances, at every width and on the share page", async ({
  browserPage,
}) => {
  const { owner, one, other, web } = await withShares()
  const name = longest('W', 64)
  await instanceRows(one, [
    { image: web, sharer: owner, name },
    { image: web, sharer: owner, name },
  ])
  await db().share.updateMany({
    where: { imageId: web.id, recipientId: other.id },
    data: { lastUsedAt: new Date('2026-03-01T04:00:00Z') },
  })
  const page = await browserPage(owner)
  const used = row(page.getByRole('table'), one.username).filter({ hasText: web.name })
  for (const width of [1440, 1100, 900, 390]) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto(given)
    await expect(used.getByText('2 instances').filter({ visible: true }), String(width)).toHaveCount(1)
    await expect(
      row(page.getByRole('table'), other.username)
        .getByText(/Mar 1, 2026/)
        .filter({ visible: true }),
    ).toHaveCount(1)
    await page.goto(`/${region}/images/${web.id}/share`)
    await expect(row(page.getByRole('table'), one.username)).toContainText('2 instances')
    await expect(
      row(page.getByRole('table'), other.username)
        .getByText(/Mar 1, 2026/)
        .filter({ visible: true }),
    ).toHaveCount(1)
    expect(await page.content()).not.toContain(name)
    expect(await sideways(page)).toEqual([])
  }
})

test('shares are selected by keyboard, ranges with Shift, and cancelled together after a dialog with the consequences', async ({
  browserPage,
}) => {
  const { owner, one, other, web, mail } = await withShares()
  const page = await browserPage(owner)
  await page.goto(given)
  const cancel = page.getByRole('button', { name: 'Cancel Sharing', exact: true })
  // A disabled button has its reason in its name.
  const off = page.getByRole('button', { name: messages.en.sharing.selectFirst })
  for (const button of await off.all()) await expect(button).toHaveAttribute('aria-disabled', 'true')
  await expect(off).toHaveCount(2)
  const boxes = page.getByRole('table').getByRole('checkbox')
  await boxes.first().focus()
  await page.keyboard.press('Space')
  await boxes.last().focus()
  await page.keyboard.press('Shift+Space')
  await expect(page.getByRole('status').filter({ hasText: '3 selected' })).toBeVisible()
  await expect(page.getByRole('checkbox', { name: 'Select all on this page' })).toBeChecked()
  await box(page, mail.name, one.username).uncheck()
  await cancel.click()
  const dialog = page.getByRole('alertdialog', { name: 'Cancel 2 shares?' })
  for (const { username } of [one, other])
    await expect(dialog.getByRole('listitem').filter({ hasText: `${web.name}, ${username}` })).toHaveCount(1)
  await dialog.getByRole('button', { name: 'Keep Sharing' }).click()
  await expect(cancel).toBeFocused()
  expect(await left(owner)).toBe(3)
  await cancel.click()
  await dialog.getByRole('button', { name: 'Cancel Sharing' }).click()
  await expect(page.getByRole('status').filter({ hasText: '2 shares were cancelled.' })).toBeVisible()
  await expect(rows(page)).toHaveCount(2)
  expect(await left(owner)).toBe(1)
})

test('if one of the selected shares has ended meanwhile, none is cancelled, and the dialog says so', async ({
  browserPage,
}) => {
  const { owner, other } = await withShares()
  const page = await browserPage(owner)
  await page.goto(given)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  await page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(page.getByRole('alertdialog')).toBeVisible()
  await db().share.deleteMany({ where: { recipientId: other.id } })
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel Sharing' }).click()
  await expect(page.getByRole('alertdialog').getByText(/has ended already, so nothing was changed/)).toBeVisible()
  expect(await left(owner)).toBe(2)
})

test('the end of several shares is changed together: to a number of days, a date, or none', async ({ browserPage }) => {
  const { owner, other } = await withShares()
  const page = await browserPage(owner)
  await page.goto(given)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  await page.getByRole('button', { name: 'Extend' }).click()
  await expect(page.getByText('Change the end of 3 shares')).toBeVisible()
  const until = page.getByRole('combobox', { name: 'Until' })
  // Without the operator's default nothing is preselected.
  await expect(until).toHaveValue('never')
  await expect(page.getByLabel('Last day')).toBeHidden()
  await until.selectOption('date')
  await page.getByLabel('Last day').fill('2026-01-01')
  await page.getByRole('button', { name: 'Extend' }).click()
  await expect(page.getByText('This day has passed. Choose today or a later day.').first()).toBeVisible()
  await until.selectOption('30')
  await page.getByRole('button', { name: 'Extend' }).click()
  await expect(rows(page)).toHaveCount(4)
  await expect(page.getByRole('table').getByText('No end')).toHaveCount(0)
  expect(await db().share.count({ where: { ownerId: owner.id, expiresAt: null } })).toBe(0)
  expect(await left(owner)).toBe(3)
  await expect(row(page.getByRole('table'), other.username)).toBeVisible()
})

test('accounts that may only read cannot select or cancel, and export the whole list', async ({ browserPage }) => {
  const { owner } = await withShares()
  const page = await browserPage(
    await account({ master: owner, grants: [{ policy: 'ImagesReadOnly', regions: [region] }] }),
  )
  await page.goto(given)
  await expect(rows(page)).toHaveCount(4)
  await expect(page.getByRole('checkbox')).toHaveCount(0)
  await expect(page.getByRole('columnheader', { name: 'Operation' })).toHaveCount(0)
  for (const name of [/Cancel Sharing/, /Extend/]) await expect(page.getByRole('button', { name })).toHaveCount(0)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export JSON' }).click()
  const file = await download
  expect(JSON.parse(await readFile(await file.path(), 'utf8'))).toHaveLength(3)
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog', { name: 'Search' }).getByRole('combobox').fill('Sharing')
  await page.getByRole('option', { name: /^Sharing/ }).click()
  await expect(page).toHaveURL(received)
})

test('without scripts shares are selected, cancelled and exported, too', async ({ browserPage }) => {
  const { owner, one, mail, web } = await withShares()
  const page = await browserPage(owner, { javaScriptEnabled: false })
  await page.goto(given)
  await box(page, mail.name, one.username).check()
  await box(page, web.name, one.username).check()
  await page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(page.getByRole('listitem').filter({ hasText: one.username })).toHaveCount(2)
  await page.getByRole('main').getByRole('button', { name: 'Cancel Sharing' }).click()
  await expect(rows(page)).toHaveCount(2)
  expect(page.url()).toContain(given)
  expect(await left(owner)).toBe(1)
  await page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(page.getByText(messages.en.sharing.nothingSelected)).toBeVisible()
})

test('the export has the selection, or the whole list, as CSV and JSON, and only for the viewer', async ({
  browserPage,
}) => {
  const { owner, one, mail } = await withShares()
  const page = await browserPage(owner)
  await page.goto(given)
  const exported = async (name: string) => {
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name, exact: true }).click()
    const file = await download
    return { name: file.suggestedFilename(), text: await readFile(await file.path(), 'utf8') }
  }
  const csv = await exported('Export CSV')
  expect(csv.name).toBe(`sharing-given-${region}.csv`)
  expect(csv.text.trimEnd().split('\r\n')).toHaveLength(4)
  await box(page, mail.name, one.username).check()
  const json = await exported('Export JSON')
  expect(JSON.parse(json.text)).toMatchObject([{ image: mail.name, username: one.username, state: 'ACCEPTED' }])
  const stranger = await browserPage(await account())
  const ids = (await db().share.findMany({ where: { ownerId: owner.id } })).map(({ id }) => `ids=${id}`).join('&')
  const url = `/api/sharing/export?region=${region}&tab=given&format=json&${ids}`
  expect(await (await stranger.request.get(url)).text()).toBe('[]\n')
})

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en, some: looks },
  { locale: 'zh-CN', t: messages.zh, some: looks.slice(2) },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()

    test('the Sharing page is accessible empty, filled, selected and with its dialog', async ({ page }) => {
      const owner = await account({ username: longest('m', 32) })
      await signIn(page.context(), owner)
      await page.goto(given)
      await expect(page.getByText(t.sharing.emptyGiven)).toBeVisible()
      await expectAccessiblePage(page, 'sharing, empty', some)
      const disk = await image(owner, { name: longest('W', 128) })
      await share(owner, disk, [await account({ username: longest('m', 32) }), await account()], longest('W', 200))
      await page.goto(given)
      await expect(rows(page)).toHaveCount(3)
      await page.getByRole('checkbox', { name: t.sharing.selectAll }).check()
      await expectAccessiblePage(page, 'sharing, selected', some)
      const cancel = page.getByRole('button', { name: t.sharing.cancel, exact: true })
      await expectAccessible(page, 'sharing, cancel dialog', some, () => cancel.click())
    })

    test('nothing scrolls sideways at any width', async ({ page }) => {
      const owner = await account()
      await signIn(page.context(), owner)
      const disk = await image(owner, { name: longest('W', 128) })
      await share(owner, disk, [await account({ username: longest('m', 32) })])
      for (const width of [1440, 1280, 1100, 1024, 900, 768, 390, 320]) {
        await page.setViewportSize({ width, height: 900 })
        await page.goto(given)
        await expect(row(page.getByRole('table'), disk.id)).toBeVisible()
        expect(await sideways(page), `at ${width}`).toEqual([])
      }
    })
  })
}
