import type { Page } from '@playwright/test'
import { account, expect, image, imageRows, messages, regions, signIn, test } from './fixtures'

const [shanghai, shenzhen] = regions.map((region) => region.name)
const picker = (page: Page) => page.getByRole('banner').getByRole('combobox', { name: 'Region' })

async function chooseRegion(page: Page, name: string | undefined) {
  await picker(page).click()
  await page.getByRole('option', { name }).click()
}

/** The page's color scheme, and whether its background is darker than its text. */
async function look(page: Page) {
  return await page.evaluate(() => {
    const { colorScheme } = getComputedStyle(document.documentElement)
    const { backgroundColor, color } = getComputedStyle(document.body)
    const pixel = new OffscreenCanvas(1, 1).getContext('2d')
    const brightness = (value: string) => {
      if (pixel) pixel.fillStyle = value
      pixel?.fillRect(0, 0, 1, 1)
      return (
        pixel
          ?.getImageData(0, 0, 1, 1)
          .data.slice(0, 3)
          .reduce((sum, part) => sum + part, 0) ?? 0
      )
    }
    return { colorScheme, isDark: brightness(backgroundColor) < brightness(color) }
  })
}

test('the region picker keeps the list and its filters, and drops the cursor of the other region', async ({
  page,
  context,
}) => {
  const owner = await account()
  await imageRows(owner, Array(30).fill({ name: 'web' }))
  await signIn(context, owner)
  await page.goto('/cn-shanghai/images/custom?q=web&state=available&os=Debian+12&sort=name')
  await page.getByRole('link', { name: 'Next' }).click()
  await expect(page).toHaveURL(/after=/)
  await chooseRegion(page, shenzhen)
  await expect(page).toHaveURL('/cn-shenzhen/images/custom?q=web&state=available&os=Debian+12&sort=name')
  await expect(picker(page)).toHaveText(shenzhen ?? '')
  await page.goto('/cn-shenzhen/images/shared?q=web')
  await chooseRegion(page, shanghai)
  await expect(page).toHaveURL('/cn-shanghai/images/shared?q=web')
})

test('on an image the region picker opens the list of the chosen region', async ({ page, context }) => {
  const owner = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  for (const path of [`/cn-shanghai/images/${disk.id}`, `/cn-shanghai/images/${disk.id}/share`]) {
    await page.goto(path)
    await chooseRegion(page, shenzhen)
    await expect(page).toHaveURL('/cn-shenzhen/images/custom')
  }
})

test('on Account Info the picker only sets the region, which the start page and the side menu then open', async ({
  page,
  context,
}) => {
  await signIn(context, await account())
  await page.goto('/account')
  await expect(picker(page)).toHaveText(shanghai ?? '')
  await chooseRegion(page, shenzhen)
  await expect(picker(page)).toHaveText(shenzhen ?? '')
  await expect(page).toHaveURL('/account')
  await page.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: 'Images' }).click()
  await expect(page).toHaveURL('/cn-shenzhen/images/custom')
  await page.goto('/')
  await expect(page).toHaveURL('/cn-shenzhen/images/custom')
})

test('the start page, a region and its images redirect to Custom Images of the last used region', async ({
  page,
  context,
}) => {
  await signIn(context, await account())
  for (const path of ['/', '/cn-shanghai', '/cn-shanghai/images']) {
    await page.goto(path)
    await expect(page, path).toHaveURL('/cn-shanghai/images/custom')
  }
  await page.goto('/cn-shenzhen/images/shared')
  await expect(picker(page)).toHaveText(shenzhen ?? '')
  await page.goto('/')
  await expect(page).toHaveURL('/cn-shenzhen/images/custom')
  await page.goto('/cn-shanghai/images/custom')
  await chooseRegion(page, shenzhen)
  await expect(page).toHaveURL('/cn-shenzhen/images/custom')
  await page.getByRole('button', { name: /^Account menu/ }).click()
  await page.getByRole('menuitem', { name: 'Account Info' }).click()
  await expect(page).toHaveURL('/account')
  await expect(picker(page)).toHaveText(shenzhen ?? '')
})

test('the language is switched in place and kept over a reload, in both directions', async ({ page, context }) => {
  await signIn(context, await account())
  await page.goto('/cn-shanghai/images/custom?q=web')
  for (const [from, choice, to] of [
    [messages.en, '中文', messages.zh],
    [messages.zh, 'English', messages.en],
  ] as const) {
    await page.getByRole('banner').getByRole('button', { name: from.shell.language }).click()
    await expect(page.getByRole('menuitemradio', { name: choice })).not.toBeChecked()
    await page.getByRole('menuitemradio', { name: choice }).click()
    const heading = page.getByRole('heading', { level: 1, name: to.images.title })
    await expect(heading).toBeVisible()
    await expect(page).toHaveURL('/cn-shanghai/images/custom?q=web')
    await page.reload()
    await expect(heading).toBeVisible()
    await expect(page).toHaveTitle(`${to.images.custom} · ${to.product.name}`)
    expect(await page.evaluate(() => document.documentElement.lang)).toBe(to === messages.zh ? 'zh-CN' : 'en')
  }
})

test('the theme is light, dark or the system’s, at once and after a reload', async ({ page, context }) => {
  await signIn(context, await account())
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto('/account')
  expect(await look(page)).toEqual({ colorScheme: 'light dark', isDark: true })
  for (const [choice, expected] of [
    ['Light', { colorScheme: 'light', isDark: false }],
    ['Dark', { colorScheme: 'dark', isDark: true }],
    ['System', { colorScheme: 'light dark', isDark: false }],
  ] as const) {
    await page.emulateMedia({ colorScheme: choice === 'Light' ? 'dark' : 'light' })
    await page.getByRole('banner').getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitemradio', { name: choice }).click()
    await expect.poll(() => look(page), choice).toEqual(expected)
    await page.reload()
    expect(await look(page), `${choice} after a reload`).toEqual(expected)
    await page.getByRole('banner').getByRole('button', { name: 'Theme' }).click()
    await expect(page.getByRole('menuitemradio', { name: choice })).toBeChecked()
    await page.keyboard.press('Escape')
  }
})

test('the palette opens an image by name and by id, a page and a region, by keyboard alone', async ({
  page,
  context,
}) => {
  const owner = await account()
  const disk = await image(owner)
  const [, far] = await imageRows(owner, [{}, { regionId: 'cn-shenzhen' }])
  await signIn(context, owner)
  await page.goto('/account')
  const jump = async (words: string, option: string | RegExp) => {
    const palette = page.getByRole('dialog', { name: 'Search' })
    // The page handles the shortcut once its scripts have loaded.
    await expect(async () => {
      if (!(await palette.isVisible())) await page.keyboard.press('Control+k')
      await expect(palette).toBeVisible({ timeout: 2_000 })
    }).toPass()
    await palette.getByRole('combobox').fill(words)
    await expect(palette.getByRole('option', { name: option })).toHaveAttribute('aria-selected', 'true')
    await page.keyboard.press('Enter')
    await expect(palette).toHaveCount(0)
  }
  await jump(disk.name.slice(0, -1), disk.name)
  await expect(page).toHaveURL(`/cn-shanghai/images/${disk.id}`)
  await expect(page.getByRole('heading', { level: 1, name: disk.name })).toBeFocused()
  await jump('acco', 'Account Info')
  await expect(page).toHaveURL('/account')
  await jump(disk.id, new RegExp(disk.id))
  await expect(page).toHaveURL(`/cn-shanghai/images/${disk.id}`)
  await jump('shenzhen', /China South/)
  await expect(page).toHaveURL('/cn-shenzhen/images/custom')
  await jump('acco', 'Account Info')
  await expect(page).toHaveURL('/account')
  // A page without a region keeps the last used one.
  await expect.soft(picker(page)).toHaveText(shenzhen ?? '')
  await jump(far?.name ?? '', far?.name ?? '')
  await expect(page).toHaveURL(`/cn-shenzhen/images/${far?.id}`)
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('nothing like it')
  await expect(page.getByRole('dialog').getByText('Nothing found for “nothing like it”.')).toBeVisible()
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog')).toHaveCount(0)
})

test('the palette acts on the current image, and on none elsewhere', async ({ page, context }) => {
  const owner = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  await page.goto('/cn-shanghai/images/custom')
  await page.getByRole('banner').getByRole('button', { name: 'Search' }).click()
  const here = page.getByRole('dialog').getByRole('group', { name: 'This image' })
  await expect(page.getByRole('dialog').getByRole('option', { name: disk.name })).toBeVisible()
  await expect(here).toHaveCount(0)
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: disk.name, exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: disk.name })).toBeVisible()
  await page.keyboard.press('Control+k')
  await here.getByRole('option', { name: 'Shared Images' }).click()
  await expect(page).toHaveURL(`/cn-shanghai/images/${disk.id}/share`)
})

test('on a phone the menu is a drawer that closes after a choice; on a desktop it is at the side', async ({
  page,
  context,
}) => {
  await signIn(context, await account())
  await page.goto('/account')
  const menu = page.getByRole('banner').getByRole('button', { name: 'Menu', exact: true })
  const side = page.getByRole('navigation', { name: 'Main menu' })
  await expect(menu).toBeHidden()
  await expect(side.getByRole('link', { name: 'Images' })).toBeVisible()
  await page.setViewportSize({ width: 390, height: 844 })
  await expect(side).toBeHidden()
  const drawer = page.getByRole('dialog', { name: 'Menu' })
  await menu.click()
  await drawer.getByRole('button', { name: 'Close menu' }).click()
  await expect(drawer).toHaveCount(0)
  await expect(menu).toBeFocused()
  await menu.click()
  await drawer.getByRole('link', { name: 'Images' }).click()
  await expect(page).toHaveURL('/cn-shanghai/images/custom')
  await expect(drawer).toHaveCount(0)
})
