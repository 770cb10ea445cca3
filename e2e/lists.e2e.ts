import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { account, expect, expectRow, image, imageRows, row, share, signIn, test } from './fixtures'
import { instanceRows } from './instance-rows'

const region = 'cn-shanghai'
const listUrl = `/${region}/images/custom`

const pager = (page: Page) => page.getByRole('navigation', { name: 'Pages' })

test('a list shows its position and total, and has 25, 50 or 100 rows per page by its URL', async ({
  page,
  context,
}) => {
  const owner = await account()
  await imageRows(owner, Array(60).fill({}))
  await signIn(context, owner)
  await page.goto(listUrl)
  await expect(pager(page)).toContainText('1–25 of 60')
  await page.getByRole('link', { name: 'Next' }).click()
  await expect(pager(page)).toContainText('26–50 of 60')
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await pager(page).getByRole('button', { name: '25 per page' }).click()
  await page.getByRole('menuitem', { name: '50 per page' }).click()
  await expect(page).toHaveURL(`${listUrl}?size=50`)
  await expect(pager(page)).toContainText('1–50 of 60')
  await expect(page.getByRole('row')).toHaveCount(51)
  await page.getByRole('link', { name: 'Sort by Image' }).click()
  await expect(page).toHaveURL(`${listUrl}?sort=name&size=50`)
  await page.getByRole('searchbox').fill('disk')
  await page.getByRole('searchbox').press('Enter')
  await expect(page).toHaveURL(`${listUrl}?q=disk&sort=name&size=50`)
  await page.goto(`${listUrl}?size=100`)
  await expect(pager(page)).toContainText('1–60 of 60')
  await page.goto(`${listUrl}?size=7`)
  await expect(page.getByRole('row')).toHaveCount(26)
})

test('a search keeps the focus in its field, by Enter and by its button, and shows when it was cleared elsewhere', async ({
  browserPage,
}) => {
  const owner = await account()
  await imageRows(owner, [{ name: 'web-01' }, { name: 'web-02' }])
  const page = await browserPage(owner)
  await page.goto(`${listUrl}?state=available`)
  const field = page.getByRole('searchbox')
  await field.fill('web-01')
  await field.press('Enter')
  await expect(page.getByRole('row')).toHaveCount(2)
  await expect(field).toBeFocused()
  await page.keyboard.press('Backspace')
  await page.getByRole('search').getByRole('button', { name: 'Search' }).click()
  await expect(page).toHaveURL(`${listUrl}?q=web-0&state=available`)
  await expect(page.getByRole('row')).toHaveCount(3)
  await page.getByRole('link', { name: 'Clear all' }).click()
  await expect(page).toHaveURL(listUrl)
  await expect(field).toHaveValue('')
})

test('without images a filter says that there is nothing to choose from', async ({ page, context }) => {
  await signIn(context, await account())
  await page.goto(listUrl)
  await page.getByRole('button', { name: 'Operating system', exact: true }).click()
  await expect(page.getByRole('menuitem', { name: 'Nothing to choose from yet.' })).toBeDisabled()
})

test('on a phone a list is sorted from the toolbar, and hidden headers never take the focus', async ({
  page,
  context,
}) => {
  const owner = await account()
  await imageRows(owner, [{ name: 'b' }, { name: 'a' }])
  await signIn(context, owner)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.goto(listUrl)
  const sort = page.getByRole('button', { name: /^Sort: / })
  await expect(sort).toHaveAccessibleName('Sort: Newest first')
  await sort.click()
  await page.getByRole('menuitem', { name: 'Name, Z to A' }).click()
  await expect(page).toHaveURL(`${listUrl}?sort=-name`)
  await expect(page.getByRole('row').nth(1)).toContainText('b')
  await expect(page.getByRole('link', { name: 'Sort by Image' })).toBeHidden()
  await page.setViewportSize({ width: 1280, height: 900 })
  await expect(sort).toBeHidden()
  await expect(page.getByRole('link', { name: 'Sort by Image' })).toBeVisible()
})

test('a deleted image is restored from the toast, and from its row, which shows its last day', async ({
  page,
  context,
}) => {
  const owner = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  // A busy machine may take longer to press the toast's button than the 6 s for which it is shown.
  await page.addInitScript(() => {
    const { setTimeout } = window
    Reflect.set(window, 'setTimeout', (run: () => void, ms?: number) => setTimeout(run, ms === 6_000 ? 600_000 : ms))
  })
  const remove = async () => {
    await page.getByRole('button', { name: `Delete, ${disk.name}` }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click()
    await expect(page.getByText(`${disk.name} is in the recycle bin.`)).toBeVisible()
  }
  await page.goto(listUrl)
  await remove()
  await page.getByRole('button', { name: 'Restore', exact: true }).click()
  await expect(page.getByText(`${disk.name} is restored.`)).toBeVisible()
  await expect(row(page.getByRole('table'), disk.name)).toBeVisible()
  await page.reload()
  await remove()
  await page.getByRole('link', { name: 'Recycle bin (1)' }).click()
  await expect(page).toHaveTitle('Recycle bin · Open ECS Console')
  await expect(page.getByRole('heading', { level: 2, name: 'Recycle bin' })).toBeVisible()
  const { deletedAt } = await db().image.findUniqueOrThrow({ where: { id: disk.id } })
  const day = (days: number) =>
    new Date((deletedAt?.getTime() ?? 0) + days * 24 * 3_600_000).toLocaleDateString('en-US', {
      dateStyle: 'medium',
      timeZone: 'Asia/Shanghai',
    })
  await expectRow(page.getByRole('table'), disk.name, {
    'Deleted on': new RegExp(day(0)),
    'Kept until': new RegExp(day(7)),
  })
  await page.getByRole('button', { name: `Restore, ${disk.name}` }).click()
  await expect(page.getByText('The recycle bin is empty.')).toBeVisible()
  await page.getByRole('link', { name: 'Back to Custom Images' }).click()
  await expect(row(page.getByRole('table'), disk.name)).toBeVisible()
})

test('the recycle bin is emptied at once, after a question with the number of images', async ({ page, context }) => {
  const owner = await account()
  const deleted = { state: 'deleted', deletedAt: new Date() }
  const [disk] = await imageRows(owner, [...Array(3).fill(deleted), { name: 'kept' }])
  const [recipient, image] = [await account(), { ...disk, id: disk?.id ?? '', name: disk?.name ?? '', region }]
  await instanceRows(recipient, Array(2).fill({ image, sharer: owner }))
  await signIn(context, owner)
  await page.goto(`${listUrl}?state=deleted`)
  await page.getByRole('button', { name: 'Empty Recycle Bin' }).click()
  const dialog = page.getByRole('alertdialog', { name: 'Delete 3 images for good?' })
  await expect(dialog.getByRole('listitem')).toHaveText([`${recipient.username}: 2 instances`])
  await dialog.getByRole('button', { name: 'Keep Images' }).click()
  await expect(page.getByRole('row')).toHaveCount(4)
  await page.getByRole('button', { name: 'Empty Recycle Bin' }).click()
  await dialog.getByRole('button', { name: 'Delete for Good' }).click()
  await expect(page.getByText('3 images are deleted for good.')).toBeVisible()
  await expect(page.getByText('The recycle bin is empty.')).toBeVisible()
  await page.goto(`${listUrl}?state=available`)
  await expect(row(page.getByRole('table'), 'kept')).toBeVisible()
})

test('the recycle bin can be emptied on its page, but not by accounts that may only read', async ({ browserPage }) => {
  const owner = await account()
  const [disk] = await imageRows(owner, [{ state: 'deleted', deletedAt: new Date() }])
  const grants = [{ policy: 'ImagesReadOnly' as const, regions: [region] }]
  const reader = await browserPage(await account({ master: owner, grants }))
  await reader.goto(`${listUrl}?state=deleted`)
  await expect(row(reader.getByRole('table'), disk?.name ?? '')).toBeVisible()
  await expect(reader.getByRole('link', { name: 'Back to Custom Images' })).toBeVisible()
  await expect(reader.getByRole('button', { name: 'Empty Recycle Bin' })).toHaveCount(0)
  const page = await browserPage(owner)
  await page.goto(`/${region}/images/empty-bin`)
  await page.getByRole('button', { name: 'Delete for Good' }).click()
  await expect(page.getByText('1 image is deleted for good.')).toBeVisible()
  await expect(page).toHaveURL(`${listUrl}?state=deleted`)
  await expect(page.getByText('The recycle bin is empty.')).toBeVisible()
})

test('the list of shared images shows how much of the quota they and own images use', async ({ page, context }) => {
  const [owner, recipient] = [await account(), await account()]
  await share(owner, await image(owner), [recipient])
  await signIn(context, recipient)
  await page.goto(`/${region}/images/shared`)
  await expect(page.getByText('Image quota: 1 of 50 used, including images shared with you.')).toBeVisible()
})
