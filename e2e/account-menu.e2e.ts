import type { Page } from '@playwright/test'
import { commitOfFiles } from '@/lib/start/commit'
import manifest from '@/package.json' with { type: 'json' }
import { account, expect, imageRows, signIn, test } from './fixtures'

const start = new Date('2026-01-01T00:00:00Z')

/** The list of images, with a fake clock. */
async function openList(page: Page) {
  await signIn(page.context(), await account())
  await page.clock.install({ time: start })
  await page.goto('/cn-shanghai/images/custom')
  const picture = page.getByRole('banner').getByRole('button').last()
  const menu = page.getByRole('menu')
  // The menu's code loads on its first opening, which takes time. Before the scripts have loaded, a key opens the preferences
  // page, and hovering does nothing.
  await expect(async () => {
    await page.mouse.move(400, 400)
    await picture.hover()
    await expect(menu).toBeVisible({ timeout: 1_000 })
  }).toPass()
  await page.keyboard.press('Escape')
  await page.mouse.move(400, 400)
  await expect(menu).toHaveCount(0)
  // Later than any time that the steps so far can have taken.
  await page.clock.pauseAt(start.getTime() + 3_600_000)
  return { picture, menu }
}

test('the user menu is the last button of the banner, names the account and links to it', async ({ page, context }) => {
  const someone = await account()
  await imageRows(someone, Array(25).fill({}))
  await signIn(context, someone)
  await page.goto('/cn-shanghai/images/custom')
  const picture = page.getByRole('banner').getByRole('button').last()
  const menu = page.getByRole('menu')
  await expect(picture).toHaveAccessibleName(`Account menu, ${someone.username}`)
  await page.getByRole('row').last().scrollIntoViewIfNeeded()
  await picture.hover()
  await expect(menu.getByText(someone.username)).toBeVisible()
  const commit = commitOfFiles() ? ' \\([0-9a-f]{7,40}(-dirty)?\\)' : ''
  const about = new RegExp(`^Open ECS Console ${manifest.version.replaceAll('.', '\\.')}${commit}$`)
  await expect(menu.getByText(about)).toBeVisible()
  await expect(menu.getByRole('menuitem')).toHaveText(['Account Info', 'Sign out'])
  await menu.getByRole('menuitem', { name: 'Account Info' }).click()
  await expect(page).toHaveURL('/account')
  await expect(menu).toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1 })).toBeInViewport()
})

test('hovering opens the menu, which stays open for 300 ms without the pointer', async ({ page }) => {
  const { picture, menu } = await openList(page)
  await picture.hover()
  await expect(menu).toBeVisible()
  await page.mouse.move(400, 400)
  await page.clock.runFor(250)
  await menu.getByRole('menuitem', { name: 'Sign out' }).hover()
  await page.clock.runFor(5_000)
  await expect(menu).toBeVisible()
  await page.mouse.move(400, 400)
  await page.clock.runFor(290)
  await expect(menu).toBeVisible()
  await page.clock.runFor(20)
  await expect(menu).toHaveCount(0)
})

test('a click within 500 ms of hovering keeps the menu open; a later one closes it', async ({ page }) => {
  const { picture, menu } = await openList(page)
  await picture.hover()
  await expect(menu).toBeVisible()
  await page.clock.runFor(450)
  await picture.click()
  await page.clock.runFor(1_000)
  await expect(menu).toBeVisible()
  await picture.click()
  await page.clock.runFor(50)
  await expect(menu).toHaveCount(0)
})

test('a menu opened by hover blocks nothing: a click behind it works at once, and typing continues', async ({
  page,
}) => {
  const { picture, menu } = await openList(page)
  const search = page.getByRole('searchbox')
  await search.fill('we')
  await picture.hover()
  await expect(menu).toBeVisible()
  await page.keyboard.type('b')
  await expect.soft(search).toHaveValue('web')
  await expect.soft(search).toBeFocused()
  await page.mouse.move(400, 400)
  await page.clock.runFor(400)
  await expect(menu).toHaveCount(0)
  await expect.soft(search).toBeFocused()
  await picture.hover()
  await expect(menu).toBeVisible()
  await page.getByRole('link', { name: 'Shared Images' }).click()
  await expect(page).toHaveURL('/cn-shanghai/images/shared')
})

test('by keyboard the menu opens with its first item focused, arrows move, Escape returns the focus', async ({
  page,
}) => {
  const { picture, menu } = await openList(page)
  const [info, signOut] = [menu.getByRole('menuitem').first(), menu.getByRole('menuitem').last()]
  const press = async (key: string) => {
    await page.keyboard.press(key)
    await page.clock.runFor(50)
  }
  // Also after hovering: closing that menu does not return the focus.
  for (const round of ['fresh', 'after pointing']) {
    for (const key of ['Enter', 'Space', 'ArrowDown']) {
      await picture.focus()
      await press(key)
      await expect(info, `${round} ${key}`).toBeFocused()
      await press('ArrowDown')
      await expect(signOut).toBeFocused()
      await press('ArrowUp')
      await expect(info).toBeFocused()
      await press('Escape')
      await expect(menu).toHaveCount(0)
      await expect(picture, `${round} ${key}`).toBeFocused()
    }
    await picture.hover()
    await expect(menu).toBeVisible()
    await page.mouse.move(400, 400)
    await page.clock.runFor(400)
    await expect(menu).toHaveCount(0)
  }
})

test('a tap opens the menu and closes it again: hovering is for the mouse only', async ({ browser }) => {
  const context = await browser.newContext({
    hasTouch: true,
    reducedMotion: 'reduce',
    viewport: { width: 390, height: 800 },
  })
  const page = await context.newPage()
  const { picture, menu } = await openList(page)
  await picture.tap()
  await page.clock.runFor(1_000)
  await expect(menu).toBeVisible()
  await picture.tap()
  await page.clock.runFor(50)
  await expect(menu).toHaveCount(0)
  await picture.tap()
  await menu.getByRole('menuitem', { name: 'Sign out' }).tap()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await context.close()
})
