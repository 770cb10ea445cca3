import type { Page } from '@playwright/test'
import { account, expect, image, signIn, test } from './fixtures'

// Over plain http from another machine a page has no `navigator.clipboard`.

async function withoutClipboard(page: Page): Promise<void> {
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
}

test('copy buttons copy over plain http too, say so, and keep the focus', async ({ page, context }) => {
  const owner = await account()
  const disk = await image(owner)
  await withoutClipboard(page)
  await signIn(context, owner)
  await page.clock.install()
  await page.goto('/account')
  const button = page.getByRole('button', { name: 'Copy username' })
  // The message shows for 1.5 s of the page's clock.
  await page.clock.pauseAt(Date.now() + 60_000)
  await button.press('Enter')
  await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toBeAttached()
  await expect(button).toBeFocused()
  await page.clock.resume()
  await page.goto(`/${disk.region}/images/custom`)
  const search = page.getByRole('searchbox')
  await search.press('Control+v')
  await expect(search).toHaveValue(owner.username)
  await page.getByRole('button', { name: `Copy id ${disk.id}` }).press('Enter')
  await search.fill('')
  await search.press('Control+v')
  await expect(search).toHaveValue(disk.id)
})

test('if the browser forbids copying, the page says so and what to do', async ({ page, context }) => {
  const owner = await account()
  await withoutClipboard(page)
  await page.addInitScript(() => Object.defineProperty(document, 'execCommand', { value: () => false }))
  await signIn(context, owner)
  await page.goto('/account')
  await page.getByRole('button', { name: 'Copy username' }).click()
  const said = `Your browser did not allow copying. Select ${owner.username} and copy it yourself.`
  await expect(page.getByRole('listitem').filter({ hasText: said })).toBeVisible()
  await expect(page.getByRole('status').filter({ hasText: 'Copied' })).toHaveCount(0)
})
