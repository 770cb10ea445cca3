import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { type Account, account, expect, image, password, row, share, test } from './fixtures'
import { scriptsHaveCome } from './wait-for-scripts'

// Slow scripts: input typed and sent before they load must be neither lost nor leaked.

const region = 'cn-shanghai'

/** Holds the scripts of a page back until released. They are late, but otherwise unchanged. */
async function holdScripts(page: Page): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/_next/static/**/*.js*', async (route) => {
    await released
    await route.continue().catch(() => {})
  })
  return release
}

const pagesWithForms = (imageId: string) => [
  '/account',
  `/${region}/images/custom`,
  `/${region}/images/shared`,
  `/${region}/images/import`,
  `/${region}/images/${imageId}`,
  `/${region}/images/${imageId}/share`,
  `/${region}/images/${imageId}/copy`,
  `/${region}/images/${imageId}/check`,
  `/${region}/images/${imageId}/check/clean`,
  `/${region}/images/${imageId}/edit`,
  `/${region}/images/${imageId}/do/delete`,
]

test('before the scripts load, Enter in any field puts only a search into the URL', async ({ browserPage }) => {
  const owner = await account()
  const disk = await image(owner)
  const page = await browserPage(owner)
  await holdScripts(page)
  for (const address of pagesWithForms(disk.id)) {
    await page.goto(address, { waitUntil: 'commit' })
    const fields = page
      .getByRole('main')
      .locator('input:not([type=hidden], [type=file], [type=checkbox], [type=radio], [readonly])')
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    for (let index = 0; index < (await fields.count()); index++) {
      await page.goto(address, { waitUntil: 'commit' })
      // Without its styles the field of another choice would be visible.
      await page.waitForFunction(() => document.styleSheets.length > 0)
      const field = fields.nth(index)
      const isSearch = (await field.getAttribute('type')) === 'search'
      if (isSearch || !(await field.isVisible())) continue
      await field.fill('a secret')
      await field.press('Enter')
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      expect(page.url(), address).not.toContain('secret')
      expect(page.url(), address).not.toContain('?')
    }
  }
  expect(await db().image.findUnique({ where: { id: disk.id } })).toMatchObject({ state: 'available' })
})

test('a password is changed before the scripts load', async ({ browserPage }) => {
  const owner = await account()
  const page = await browserPage(owner)
  await holdScripts(page)
  await page.goto('/account', { waitUntil: 'commit' })
  await page.getByLabel('Current password').fill(password)
  await page.getByLabel('New password').fill('a new password of the tests')
  await page.getByLabel('New password').press('Enter')
  await expect(page.getByRole('status').filter({ hasText: 'The password is changed' })).toBeVisible()
  expect(page.url()).toMatch(/\/account$/)
})

test('text typed before the scripts loaded is kept, over a reload too', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  const page = await browserPage(owner)
  const release = await holdScripts(page)
  await page.goto(`/${region}/images/${disk.id}/share`, { waitUntil: 'commit' })
  await page.getByLabel('Username').fill(recipient.username)
  await page.getByLabel('Note (optional)').fill('typed early')
  release()
  await expect(page.getByText('is a master account')).toBeVisible()
  await page.reload()
  await expect(page.getByText('is a master account')).toBeVisible()
  await page.getByRole('button', { name: 'Share Images' }).click()
  await expect(row(page.getByRole('table'), recipient.username)).toContainText('typed early')
})

test('boxes and choices changed before the scripts loaded are kept, over a reload too', async ({ browserPage }) => {
  const page = await browserPage(await account())
  const box = page.getByRole('row').nth(1).getByRole('checkbox').first()
  const release = await holdScripts(page)
  await page.goto('/notices/settings', { waitUntil: 'commit' })
  const isChecked = await box.isChecked()
  await box.click()
  release()
  // The scripts keep the draft, so an unchanged box proves nothing.
  await expect.poll(() => page.evaluate(() => Object.keys(sessionStorage).join())).toContain('ecs-draft')
  await expect(box).toBeChecked({ checked: !isChecked })
  // Another navigation, because the browser itself restores a box after a reload.
  await page.goto('/account')
  await page.goto('/notices/settings')
  await expect(box).toBeChecked({ checked: !isChecked })
})

/** The share page of a new image, opened with an older draft of its form, and with its scripts held back. */
async function lateSharePage(browserPage: (owner: Account) => Promise<Page>) {
  const owner = await account()
  const disk = await image(owner)
  const page = await browserPage(owner)
  const address = `/${region}/images/${disk.id}/share`
  const [until, note] = [page.getByRole('combobox', { name: 'Until' }), page.getByLabel('Note (optional)')]
  await page.goto(address)
  await until.selectOption('7')
  await note.fill('from the draft')
  await page.goto('/account')
  const release = await holdScripts(page)
  await page.goto(address, { waitUntil: 'commit' })
  return { page, address, until, note, release }
}

test('a choice made before the scripts loaded wins over an older draft, which keeps the rest', async ({
  browserPage,
}) => {
  const { page, address, until, note, release } = await lateSharePage(browserPage)
  await until.selectOption('30')
  release()
  await expect(note).toHaveValue('from the draft')
  await expect(until).toHaveValue('30')
  await page.goto('/account')
  await page.goto(address)
  await expect(until).toHaveValue('30')
})

test('input sent before the scripts loaded, and refused, is not replaced by an older draft', async ({
  browserPage,
}) => {
  const { page, note, release } = await lateSharePage(browserPage)
  await note.fill('sent')
  await page.getByRole('button', { name: 'Share Images' }).click()
  await expect(page.getByLabel('Username')).toHaveAttribute('aria-invalid', 'true')
  release()
  await scriptsHaveCome(page)
  await expect(note).toHaveValue('sent')
})

test('buttons whose dialog has not loaded open a page with the same question', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const page = await browserPage(owner)
  await holdScripts(page)
  await page.goto(`/${region}/images/${disk.id}/share`, { waitUntil: 'commit' })
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  await page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(page.getByText('This image is not shared with anybody.')).toBeVisible()
  await page.getByRole('button', { name: 'Account menu' }).click()
  await expect(page).toHaveURL(/\/preferences\?$|\/preferences$/)
  await expect(page.getByRole('button', { name: 'Sign out' })).toBeVisible()
})
