import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { expectAccessiblePage, looks, sideways } from './accessible'
import { type Account, account, expect, image, longest, row, share, test } from './fixtures'

const region = 'cn-shanghai'
const custom = `/${region}/images/custom`
const nothing = `/${region}/images/share`

const given = async (owner: Account) => await db().share.count({ where: { ownerId: owner.id } })
const box = (page: Page, name: string) => page.getByRole('checkbox', { name: `Select ${name}` })
const shareButton = (page: Page) => page.getByRole('button', { name: /^Share Images/ })
const toolbar = (page: Page) => page.locator('form#selected-images')
const usernames = (page: Page) => page.getByRole('textbox', { name: 'Username' })

test('selected images are shared with the same accounts, all or none, and a refused one is named', async ({
  browserPage,
}) => {
  const [owner, one, other] = [await account(), await account(), await account()]
  const [web, mail, rest] = [await image(owner), await image(owner), await image(owner)]
  await share(owner, mail, [one])
  const page = await browserPage(owner)
  await page.goto(custom)
  await expect(shareButton(page)).toBeDisabled()
  await box(page, web.name).check()
  await box(page, mail.name).check()
  await expect(page.getByText('2 selected')).toBeVisible()
  await shareButton(page).click()
  const list = page.getByRole('list', { name: 'Images', exact: true })
  await expect(list.getByRole('listitem')).toHaveCount(2)
  await expect(list).toContainText('Shared with 1 of 20')
  await usernames(page).fill(`${one.username},${other.username},`)
  await shareButton(page).click()
  await expect(page.getByRole('alert').filter({ hasText: `${mail.name}: ` })).toContainText('1 username was refused')
  expect(await given(owner)).toBe(1)
  await expectAccessiblePage(page, 'several images with a refused account', looks)

  await page.getByRole('button', { name: `Remove ${one.username}` }).click()
  await shareButton(page).click()
  await expect(page.getByText('2 images shared with 1 account.')).toBeVisible()
  await expect(page).toHaveURL(new RegExp(`${custom}$`))
  await expect(row(page.getByRole('table'), mail.name)).toContainText('2 / 20')
  await expect(row(page.getByRole('table'), web.name)).toContainText('1 / 20')
  await expect(row(page.getByRole('table'), rest.name)).toContainText('0 / 20')
  expect(await given(owner)).toBe(3)
})

test('without scripts images are selected, shared and deleted, too', async ({ browserPage }) => {
  const [owner, one] = [await account(), await account()]
  const [web, mail] = [await image(owner), await image(owner)]
  const page = await browserPage(owner, { javaScriptEnabled: false })
  await page.goto(custom)
  await box(page, web.name).check()
  await box(page, mail.name).check()
  await shareButton(page).click()
  await usernames(page).fill(one.username)
  await shareButton(page).click()
  await expect(page).toHaveURL(new RegExp(`${custom}$`))
  expect(await given(owner)).toBe(2)
  await db().share.deleteMany({ where: { ownerId: owner.id } })
  await box(page, web.name).check()
  await toolbar(page).getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('main').getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(row(page.getByRole('table'), mail.name)).toBeVisible()
  expect(await db().image.count({ where: { id: web.id, state: 'deleted' } })).toBe(1)
  await page.goto(nothing)
  await expect(page.getByText('Nothing is selected')).toBeVisible()
})

test('selected images are deleted together, unless one of them is shared', async ({ browserPage }) => {
  const [owner, one] = [await account(), await account()]
  const [web, mail, rest] = [await image(owner), await image(owner), await image(owner)]
  await share(owner, mail, [one])
  const page = await browserPage(owner)
  await page.goto(custom)
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
  await box(page, rest.name).uncheck()
  await toolbar(page).getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('1 of them is shared.').first()).toBeVisible()
  await expectAccessiblePage(page, 'deleting several images, one shared', looks)
  await db().share.deleteMany({ where: { imageId: mail.id } })
  await page.reload()
  await page.getByRole('main').getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(page.getByText('2 images deleted.')).toBeVisible()
  await expect(row(page.getByRole('table'), rest.name)).toBeVisible()
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(2)
  expect(await db().image.count({ where: { id: { in: [web.id, mail.id] }, state: 'deleted' } })).toBe(2)
})

test('accounts that may not share can select nothing, and another tenant’s image cannot be selected', async ({
  browserPage,
}) => {
  const [owner, stranger] = [await account(), await account()]
  const [disk] = [await image(owner), await image(owner)]
  const looker = await account({ master: owner, grants: [{ policy: 'ImagesReadOnly', regions: null }] })
  const theirs = await browserPage(looker)
  await theirs.goto(custom)
  await expect(row(theirs.getByRole('table'), disk.name)).toBeVisible()
  await expect(theirs.getByRole('checkbox')).toHaveCount(0)
  const page = await browserPage(stranger)
  await page.goto(`${nothing}?ids=${disk.id}`)
  await expect(page.getByText('Nothing is selected')).toBeVisible()
})

test('nothing scrolls sideways at any width, with the longest names', async ({ browserPage }) => {
  const owner = await account()
  const disks = [await image(owner, { name: longest('W', 128) }), await image(owner)]
  const page = await browserPage(owner, { locale: 'zh-CN' })
  for (const width of [1440, 768, 320]) {
    await page.setViewportSize({ width, height: 900 })
    for (const url of [custom, `${nothing}?${disks.map(({ id }) => `ids=${id}`).join('&')}`]) {
      await page.goto(url)
      await expect(page.getByText(disks[1]?.name ?? '').first()).toBeVisible()
      expect(await sideways(page), `${url} at ${width}`).toEqual([])
    }
  }
})
