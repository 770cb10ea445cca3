import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { account, expect, image, row, share, test } from './fixtures'

const region = 'cn-shanghai'

test('an empty form shows the console’s own messages, which disappear as it is filled in', async ({ browserPage }) => {
  const owner = await account()
  const disk = await image(owner)
  const page = await browserPage(owner, { locale: 'zh-CN' })
  await page.goto('/account')
  await page.getByRole('button', { name: '修改密码' }).click()
  const current = page.getByLabel('当前密码')
  await expect(current).toBeFocused()
  await expect(current).toHaveAccessibleDescription(/填写/)
  await expect(page.getByRole('alert').filter({ hasText: /填写/ })).toBeVisible()
  await current.fill('x')
  await expect(current).not.toHaveAttribute('aria-invalid', 'true')
  await page.goto(`/${region}/images/${disk.id}/share`)
  await page.getByRole('button', { name: '共享镜像' }).click()
  const username = page.getByRole('textbox', { name: '用户名' })
  await expect(username).toBeFocused()
  await expect(username).toHaveAccessibleDescription(/填写|请/)
  await username.fill('harbour')
  await expect(username).not.toHaveAttribute('aria-invalid', 'true')
})

/** Does what a browser's translation does: moves each text into two new elements, without React's knowledge. */
async function translate(page: Page): Promise<void> {
  await page.evaluate(() => {
    const wrap = (root: Node) => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
      const texts: Text[] = []
      while (walker.nextNode()) if (walker.currentNode instanceof Text) texts.push(walker.currentNode)
      for (const text of texts) {
        const parent = text.parentElement
        if (!text.data.trim() || !parent || /^(SCRIPT|STYLE|TEXTAREA|OPTION|FONT)$/.test(parent.tagName)) continue
        const inner = document.createElement('font')
        const outer = document.createElement('font')
        inner.textContent = text.data
        outer.append(inner)
        text.replaceWith(outer)
      }
    }
    wrap(document.body)
    const observer = new MutationObserver((changes) => {
      observer.disconnect()
      for (const change of changes)
        for (const node of change.addedNodes) if (node.isConnected) wrap(node.parentNode ?? node)
      observer.observe(document.body, { childList: true, subtree: true })
    })
    observer.observe(document.body, { childList: true, subtree: true })
  })
}

test('a page keeps working when the browser translates it', async ({ browserPage }) => {
  const [owner, recipient, other] = [await account(), await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [other])
  const page = await browserPage(owner)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  await test.step('sharing and taking back', async () => {
    await page.goto(`/${region}/images/${disk.id}/share`)
    await expect(page.getByRole('button', { name: 'Share Images' })).toBeVisible()
    await translate(page)
    const username = page.getByRole('textbox', { name: 'Username' })
    await page.getByRole('button', { name: 'Share Images' }).click()
    await expect(username).toBeFocused()
    await username.fill(`${recipient.username},nobody-at-all,`)
    await page.getByRole('button', { name: 'Share Images' }).click()
    await expect(page.getByRole('alert').filter({ hasText: '1 username' })).toBeVisible()
    await page.getByRole('button', { name: 'Remove nobody-at-all' }).click()
    await page.getByRole('button', { name: 'Share Images' }).click()
    await expect(row(page.getByRole('table'), recipient.username)).toBeVisible()
    await page.getByRole('button', { name: `Cancel Sharing, ${other.username}` }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
    await expect(row(page.getByRole('table'), other.username)).toHaveCount(0)
  })
  await test.step('changing the password', async () => {
    await page.goto('/account')
    await expect(page.getByRole('button', { name: 'Change Password' })).toBeVisible()
    await translate(page)
    await page.getByLabel('Current password').fill('not the one it is')
    await page.getByLabel('New password').fill('short')
    await page.getByRole('button', { name: 'Change Password' }).click()
    await expect(page.getByLabel('New password')).toBeFocused()
    await page.getByLabel('New password').fill('long enough for all')
    await page.getByRole('button', { name: 'Change Password' }).click()
    await expect(page.getByLabel('Current password')).toBeFocused()
  })
  await test.step('lists, menus and an image’s page', async () => {
    await page.goto(`/${region}/images/custom`)
    await expect(page.getByRole('table')).toBeVisible()
    await translate(page)
    await page.getByRole('button', { name: 'Refresh' }).click()
    await page.getByRole('button', { name: 'Theme' }).click()
    await page.getByRole('menuitemradio', { name: 'Dark' }).click()
    await page.getByRole('searchbox').fill('nothing is called so')
    await page.getByRole('searchbox').press('Enter')
    await expect(page.getByText('No image matches these filters.')).toBeVisible()
    await page.goto(`/${region}/images/${disk.id}`)
    await expect(page.getByRole('button', { name: 'Edit' })).toBeVisible()
    await translate(page)
    await page.getByRole('button', { name: 'Edit' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('')
    await page.getByRole('button', { name: 'Save Changes' }).click()
    await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused()
    await page.getByRole('textbox', { name: 'Name' }).fill('another')
    await page.getByRole('button', { name: 'Save Changes' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'another' })).toBeVisible()
  })
  expect(faults).toEqual([])
})

test('a page that breaks in the browser does not claim that nothing was done', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  const page = await browserPage(owner)
  await page.goto(`/${region}/images/${disk.id}/share`)
  await page.getByRole('textbox', { name: 'Username' }).fill(`${recipient.username},`)
  // Like a browser extension: removes an element that React is about to remove.
  await page.getByRole('button', { name: `Remove ${recipient.username}` }).evaluate((button) => {
    button.parentElement?.remove()
  })
  await page.getByRole('button', { name: 'Share Images' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'Your last action may have been done' })).toBeVisible()
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(1)
  await page.getByRole('button', { name: 'Reload' }).click()
  await expect(row(page.getByRole('table'), recipient.username)).toBeVisible()
})
