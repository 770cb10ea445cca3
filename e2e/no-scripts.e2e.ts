import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { account, expect, image, password, row, share, test } from './fixtures'

// Every page with a form in a browser without scripts: each works, or says what it needs.

const region = 'cn-shanghai'

function page(imageId: string, which = ''): string {
  return `/${region}/images/${imageId}${which}`
}

/** Clicks and waits for the next page: without scripts each click loads a document. */
async function press(on: Page, name: string, role: 'button' | 'link' = 'button'): Promise<void> {
  const loaded = on.waitForEvent('load')
  await on.getByRole(role, { name, exact: true }).click()
  await loaded
}

test('a password is changed without scripts, and none is ever in a URL or in the page', async ({ browserPage }) => {
  const owner = await account()
  const visitor = await browserPage(owner, { javaScriptEnabled: false })
  await visitor.goto('/account')
  await press(visitor, 'Change Password')
  await expect(visitor.getByRole('alert').filter({ hasText: /\S/ })).toHaveCount(2)
  await visitor.getByLabel('Current password').fill('not the one it is')
  await visitor.getByLabel('New password').fill('a new password of the tests')
  await press(visitor, 'Change Password')
  await expect(visitor.getByRole('alert').filter({ hasText: 'The current password is wrong' })).toBeVisible()
  expect(visitor.url()).toMatch(/\/account$/)
  expect(await visitor.content()).not.toContain('not the one it is')
  await visitor.getByLabel('Current password').fill(password)
  await visitor.getByLabel('New password').fill('a new password of the tests')
  await press(visitor, 'Change Password')
  await expect(visitor.getByRole('status').filter({ hasText: 'The password is changed' })).toBeVisible()
  expect(visitor.url()).toMatch(/\/account$/)
})

test('an image is shared and the share cancelled without scripts, and a refusal keeps the input', async ({
  browserPage,
}) => {
  const [owner, first, second] = [await account(), await account(), await account()]
  const disk = await image(owner)
  const visitor = await browserPage(owner, { javaScriptEnabled: false })
  await visitor.goto(page(disk.id, '/share'))
  await press(visitor, 'Share Images')
  await expect(visitor.getByLabel('Username')).toHaveAttribute('aria-invalid', 'true')
  await visitor.getByLabel('Username').fill(`${first.username}, nobody-at-all`)
  await visitor.getByLabel('Note (optional)').fill('as we spoke of')
  await press(visitor, 'Share Images')
  await expect(visitor.getByRole('alert').filter({ hasText: '1 username' })).toBeVisible()
  await expect(visitor.getByRole('listitem').filter({ hasText: 'nobody-at-all: No master account' })).toBeVisible()
  await expect(visitor.getByLabel('Username')).toHaveValue(`${first.username}, nobody-at-all`)
  await expect(visitor.getByLabel('Note (optional)')).toHaveValue('as we spoke of')
  await visitor.getByLabel('Username').fill(`${first.username} ${second.username}`)
  await press(visitor, 'Share Images')
  await expect(visitor.getByRole('status').filter({ hasText: 'Shared with 2 accounts' })).toBeVisible()
  expect(visitor.url()).toMatch(/\/share$/)
  await press(visitor, `Cancel Sharing, ${first.username}`)
  await expect(
    visitor.getByRole('heading', { name: `Cancel sharing ${disk.name} with ${first.username}?` }),
  ).toBeVisible()
  await press(visitor, 'Cancel Sharing')
  await expect(visitor.getByRole('table')).toContainText(second.username)
  await expect(row(visitor.getByRole('table'), first.username)).toHaveCount(0)
})

test('an image is edited, copied, deleted and restored without scripts', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const visitor = await browserPage(owner, { javaScriptEnabled: false })
  await test.step('edited', async () => {
    await visitor.goto(page(disk.id))
    await press(visitor, 'Edit')
    await visitor.getByLabel('Name', { exact: true }).fill('not\u200bone')
    await visitor.getByLabel('Description').fill('kept over the refusal')
    await press(visitor, 'Save Changes')
    await expect(visitor.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true')
    await expect(visitor.getByLabel('Description')).toHaveValue('kept over the refusal')
    await visitor.getByLabel('Name', { exact: true }).fill('renamed')
    await press(visitor, 'Save Changes')
    await expect(visitor.getByRole('heading', { level: 1, name: 'renamed' })).toBeVisible()
    expect(visitor.url()).toMatch(new RegExp(`${page(disk.id)}$`))
  })
  await test.step('copied, and sent twice it is one copy', async () => {
    await visitor.goto(page(disk.id, '/copy'))
    await visitor.getByLabel('Name', { exact: true }).fill('a copy')
    await press(visitor, 'Copy Image')
    await expect(visitor.getByText('The copy has begun.')).toBeVisible()
    await visitor.reload()
    await expect(visitor.getByText('The copy has begun.')).toBeVisible()
    expect(await db().image.count({ where: { copyOfId: disk.id } })).toBe(1)
    await expect
      .poll(async () => (await db().image.findFirst({ where: { copyOfId: disk.id } }))?.state)
      .toBe('available')
  })
  await test.step('deleted with its shares, its name typed', async () => {
    await visitor.goto(page(disk.id))
    await press(visitor, 'Delete, renamed')
    await expect(visitor.getByRole('listitem').filter({ hasText: recipient.username })).toBeVisible()
    await press(visitor, 'Cancel all sharing and delete')
    await expect(visitor.getByLabel('Type the image’s name to confirm')).toHaveAttribute('aria-invalid', 'true')
    await visitor.getByLabel('Type the image’s name to confirm').fill('renamed')
    await press(visitor, 'Cancel all sharing and delete')
    await expect(visitor).toHaveURL(new RegExp(`/${region}/images/custom$`))
    expect(await db().image.findUnique({ where: { id: disk.id } })).toMatchObject({ state: 'deleted' })
  })
  await test.step('restored', async () => {
    await visitor.goto(page(disk.id))
    await press(visitor, 'Restore, renamed')
    await press(visitor, 'Restore')
    expect(await db().image.findUnique({ where: { id: disk.id } })).toMatchObject({ state: 'available' })
  })
})

test('the recycle bin is emptied without scripts of the images that the page showed', async ({ browserPage }) => {
  const owner = await account()
  const [gone, later] = [await image(owner), await image(owner)]
  const binned = (id: string) => db().image.update({ where: { id }, data: { state: 'deleted', deletedAt: new Date() } })
  await binned(gone.id)
  const visitor = await browserPage(owner, { javaScriptEnabled: false })
  await visitor.goto(`/${region}/images/custom?state=deleted`)
  await press(visitor, 'Empty Recycle Bin')
  await expect(visitor.getByRole('heading', { name: 'Delete 1 image for good?' })).toBeVisible()
  await press(visitor, 'Keep Image', 'link')
  await expect(row(visitor.getByRole('table'), gone.name)).toBeVisible()
  await press(visitor, 'Empty Recycle Bin')
  await binned(later.id)
  await press(visitor, 'Delete for Good')
  await expect(visitor).toHaveURL(/images\/custom\?state=deleted$/)
  await expect(row(visitor.getByRole('table'), later.name)).toBeVisible()
  await expect(row(visitor.getByRole('table'), gone.name)).toHaveCount(0)
  await visitor.goto(`/${region}/images/empty-bin`)
  await press(visitor, 'Delete for Good')
  await expect(visitor.getByText('The recycle bin is empty.')).toBeVisible()
  await visitor.goto(`/${region}/images/empty-bin`)
  await expect(visitor.getByText('The recycle bin is empty.')).toBeVisible()
})

test('a recipient returns an image, and searches, without scripts', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const visitor = await browserPage(recipient, { javaScriptEnabled: false })
  await visitor.goto(`/${region}/images/shared`)
  const search = visitor.getByRole('searchbox')
  await search.fill('nothing is called so')
  await search.press('Enter')
  await expect(visitor.getByText('No image matches these filters.')).toBeVisible()
  await visitor.goto(`/${region}/images/shared`)
  await press(visitor, `Cancel Sharing, ${disk.name}`)
  await press(visitor, 'Cancel Sharing')
  await expect(visitor).toHaveURL(new RegExp(`/${region}/images/shared$`))
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(0)
})

test('the import says that it needs scripts, and preferences are set without them', async ({ browserPage }) => {
  const visitor = await browserPage(await account(), { javaScriptEnabled: false })
  await visitor.goto(`/${region}/images/import`)
  // Playwright's browser parses noscript elements as if scripts were enabled, although it runs none.
  expect(await visitor.content()).toMatch(/<noscript>.*An import needs scripts/s)
  await visitor.getByLabel('Operating system', { exact: true }).fill('Debian 12')
  await visitor.getByLabel('Operating system', { exact: true }).press('Enter')
  await expect(visitor.getByLabel('Operating system', { exact: true })).toHaveValue('Debian 12')
  await press(visitor, 'Language')
  await visitor.getByLabel('Language').selectOption('zh')
  await visitor.getByLabel('Theme').selectOption('dark')
  await press(visitor, 'Save')
  await expect(visitor.getByRole('heading', { level: 1, name: '偏好设置' })).toBeVisible()
  await expect(visitor.locator('html')).toHaveAttribute('data-theme', 'dark')
  await press(visitor, '退出登录')
  await expect(visitor.getByRole('heading', { level: 1, name: '登录' })).toBeVisible()
})
