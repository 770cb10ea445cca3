import type { Locator } from '@playwright/test'
import { account, expect, image, imageRows, longest, share, signIn, test, unique } from './fixtures'

const region = 'cn-shanghai'

const style = async (locator: Locator, property: string) =>
  await locator.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property)

test('in forced colours meters, badges and the current tab are recognisable', async ({ page, context }) => {
  const owner = await account()
  const recipient = await account()
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  await imageRows(owner, [{ state: 'importing', step: 'CONVERT', moved: 45 }])
  await signIn(context, owner)
  await page.emulateMedia({ forcedColors: 'active' })
  await page.goto(`/${region}/images/custom`)
  const bar = page.getByRole('progressbar')
  const [track, fill] = [await style(bar, 'background-color'), await style(bar.locator('div'), 'background-color')]
  expect(fill).not.toBe(track)
  expect(await style(bar, 'border-top-width')).toBe('1px')
  const tabs = page.getByRole('navigation', { name: 'Kinds of images' })
  const underline = async (name: string) => await style(tabs.getByRole('link', { name }), 'border-bottom-color')
  expect(await underline('Custom Images')).not.toBe(await underline('Shared Images'))
  expect(await underline('Shared Images')).toBe(await style(page.locator('body'), 'background-color'))
  const badge = page.getByRole('cell').getByText('Available', { exact: true }).locator('..')
  expect(await style(badge, 'border-top-width')).toBe('1px')
  expect(await style(badge, 'border-top-color')).not.toBe(await style(badge, 'background-color'))
  await page.goto(`/${region}/images/${disk.id}/share`)
  const meter = page.getByRole('meter').first()
  expect(await style(meter.locator('div'), 'background-color')).not.toBe(await style(meter, 'background-color'))
})

test('in dark mode the recipients in a dialog have their own background', async ({ page, context }) => {
  const [owner, recipient] = [await account(), await account({ username: unique('tenant') })]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  await signIn(context, owner)
  await page.emulateMedia({ colorScheme: 'dark' })
  await page.goto(`/${region}/images/custom`)
  await page.getByRole('button', { name: `Delete, ${disk.name}` }).click()
  const dialog = page.getByRole('alertdialog')
  const pill = dialog.getByRole('listitem').filter({ hasText: recipient.username })
  await expect(pill).toBeVisible()
  expect(await style(pill, 'background-color')).not.toBe(await style(dialog, 'background-color'))
})

test('in print there are the rows and their content, without the frame and controls', async ({ page, context }) => {
  const owner = await account()
  const recipients = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, recipients, 'for the fleet')
  await imageRows(owner, [{ name: longest('W', 128), operatingSystem: longest('M', 64) }])
  await signIn(context, owner)
  // The width of A4 without its margins.
  await page.setViewportSize({ width: 718, height: 1000 })
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  for (const path of [
    `/${region}/images/${disk.id}/share`,
    `/${region}/images/custom`,
    `/${region}/images/${disk.id}`,
  ]) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.getByRole('banner'), path).toBeHidden()
    for (const role of ['button', 'textbox', 'searchbox', 'navigation', 'combobox'] as const) {
      await expect(page.getByRole(role), `${role} at ${path}`).toHaveCount(0)
    }
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width, path).toBeLessThanOrEqual(718)
    expect(await style(page.locator('html'), 'color-scheme')).toBe('light')
  }
  await page.goto(`/${region}/images/${disk.id}/share`)
  const entry = page.getByRole('row').filter({ hasText: recipients[0]?.username ?? '' })
  await expect(entry).toContainText('for the fleet')
  expect(await style(entry, 'display')).toBe('table-row')
  await expect(page.getByRole('columnheader', { name: 'Operation' })).toBeHidden()
})
