import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { account, expect, expectRow, image, imageRows, row, share, signIn, test, unique } from './fixtures'

const region = 'cn-shanghai'
const listUrl = `/${region}/images/custom`

/** The names in the first column, in the order of the list. */
async function names(page: Page): Promise<(string | null)[]> {
  const rows = await page
    .getByRole('row')
    .filter({ has: page.getByRole('cell') })
    .all()
  return await Promise.all(rows.map((entry) => entry.getByRole('cell').first().getByRole('link').textContent()))
}

test('a search finds an image by part of its name in any case and by its whole id, and stays in the URL', async ({
  page,
  context,
}) => {
  const owner = await account()
  const [web, other] = await imageRows(owner, [{ name: `Web_100% ${unique('a')}` }, { name: unique('db') }])
  await signIn(context, owner)
  await page.goto(listUrl)
  const search = page.getByRole('searchbox', { name: 'Search by name or id' })
  for (const words of ['wEB_100%', other?.id ?? '', '_', '%']) {
    await search.fill(words)
    await search.press('Enter')
    const found = words === other?.id ? other : web
    await expect(page.getByRole('row')).toHaveCount(2)
    await expect(row(page.getByRole('table'), found?.name ?? '')).toBeVisible()
    await expect(page).toHaveURL(new RegExp(`q=${encodeURIComponent(words)}$`))
  }
  await page.reload()
  await expect(search).toHaveValue('%')
  await search.fill(unique('nothing'))
  await search.press('Enter')
  await expect(page.getByText('No image matches these filters.')).toBeVisible()
  await page.getByRole('link', { name: 'Clear all' }).click()
  await expect(page.getByRole('row')).toHaveCount(3)
  await expect(search).toHaveValue('')
})

test('filters of state and operating system combine, and each chip removes its own', async ({ page, context }) => {
  const owner = await account()
  const [first, second, third] = await imageRows(owner, [
    { operatingSystem: 'Debian 12' },
    { operatingSystem: 'Rocky 9' },
    { operatingSystem: 'Rocky 9', state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } },
  ])
  await signIn(context, owner)
  await page.goto(listUrl)
  await page.getByRole('button', { name: 'Operating system', exact: true }).click()
  await expect(page.getByRole('menuitem')).toHaveText(['Debian 12', 'Rocky 9'])
  await page.getByRole('menuitem', { name: 'Rocky 9' }).click()
  await expect(row(page.getByRole('table'), first?.name ?? '')).toHaveCount(0)
  await page.getByRole('button', { name: 'State', exact: true }).click()
  await page.getByRole('menuitem', { name: 'Available' }).click()
  await expect(page).toHaveURL(`${listUrl}?state=available&os=Rocky+9`)
  await expect(page.getByRole('row')).toHaveCount(2)
  await expect(row(page.getByRole('table'), second?.name ?? '')).toBeVisible()
  await page.getByRole('searchbox').fill(second?.name ?? '')
  await page.getByRole('searchbox').press('Enter')
  await expect(page).toHaveURL(`${listUrl}?q=${second?.name}&state=available&os=Rocky+9`)
  await page.getByRole('searchbox').fill('')
  await page.getByRole('searchbox').press('Enter')
  await expect(page).not.toHaveURL(/q=disk/)
  await page.getByRole('link', { name: 'Remove filter State' }).click()
  await expect(row(page.getByRole('table'), third?.name ?? '')).toBeVisible()
  await page.getByRole('link', { name: 'Remove filter Operating system' }).click()
  await expect(page.getByRole('row')).toHaveCount(4)
  await expect(page.getByRole('link', { name: /^Remove filter/ })).toHaveCount(0)
})

test('every sortable column sorts both ways, marks its order, and keeps the filters', async ({ page, context }) => {
  const owner = await account()
  await imageRows(owner, [
    { name: 'b', operatingSystem: 'Alpine', virtualSize: 3 * 2 ** 30 },
    { name: 'c', operatingSystem: 'Rocky', virtualSize: 2 ** 30 },
    { name: 'a', operatingSystem: 'Debian', virtualSize: 2 * 2 ** 30 },
  ])
  await signIn(context, owner)
  await page.goto(`${listUrl}?state=available`)
  const header = (name: string) => page.getByRole('columnheader', { name: `Sort by ${name}` })
  await expect(header('Created')).toHaveAttribute('aria-sort', 'descending')
  expect(await names(page)).toEqual(['a', 'c', 'b'])
  const orders = { Image: 'a b c', 'Operating system': 'b a c', Size: 'c a b', Created: 'b c a' }
  for (const [column, order] of Object.entries(orders)) {
    for (const [direction, expected] of [
      ['ascending', order.split(' ')],
      ['descending', order.split(' ').reverse()],
    ] as const) {
      await header(column).getByRole('link').click()
      await expect(header(column), column).toHaveAttribute('aria-sort', direction)
      await expect.poll(() => names(page), `${column} ${direction}`).toEqual(expected)
    }
    await expect(page).toHaveURL(/state=available/)
  }
  await expect(header('Image')).toHaveAttribute('aria-sort', 'none')
})

test('sixty images are paged forward and back without a gap or duplicate, and a link shows the same page', async ({
  page,
  context,
  browserPage,
}) => {
  const owner = await account()
  await db().quota.create({ data: { accountId: owner.id, regionId: region, resource: 'images', amount: 100 } })
  // Equal names, so that only the id orders them.
  const rows = await imageRows(
    owner,
    Array.from({ length: 60 }, (_, index) => ({ name: `n${Math.floor(index / 30)}` })),
  )
  await signIn(context, owner)
  await page.goto(`${listUrl}?sort=name`)
  const copies = page.getByRole('button', { name: /^Copy id/ })
  const shown = () => copies.evaluateAll((buttons) => buttons.map((button) => button.getAttribute('aria-label')))
  const pages: (string | null)[][] = []
  const turn = async (way: 'Next' | 'Previous', count: number) => {
    const url = page.url()
    await page.getByRole('link', { name: way }).click()
    await expect(page).not.toHaveURL(url)
    await expect(page.getByRole('row')).toHaveCount(count + 1)
    return await shown()
  }
  await expect(page.getByRole('row')).toHaveCount(26)
  pages.push(await shown(), await turn('Next', 25))
  const middle = page.url()
  pages.push(await turn('Next', 10))
  await expect(page.getByRole('link', { name: 'Next' })).toHaveCount(0)
  expect(new Set(pages.flat())).toEqual(new Set(rows.map((image) => `Copy id ${image.id}`)))
  expect(await turn('Previous', 25)).toEqual(pages[1])
  expect(await turn('Previous', 25)).toEqual(pages[0])
  await expect(page.getByRole('link', { name: 'Previous' })).toHaveCount(0)
  await page.goBack()
  await expect.poll(shown).toEqual(pages[1])
  const theirs = await browserPage(owner)
  await theirs.goto(middle)
  await expect(theirs.getByRole('row')).toHaveCount(26)
  await expect(theirs.getByRole('button', { name: pages[1]?.[0] ?? '' })).toHaveCount(1)
  await theirs.goto(middle.replace(/after=[^&]+/, 'after=bm90aGluZw'))
  await expect(theirs.getByRole('button', { name: pages[0]?.[0] ?? '' })).toHaveCount(1)
})

test('a failed import says why in the list and on its page, takes no quota place, and is dismissed at once', async ({
  page,
  context,
}) => {
  const owner = await account()
  const failure = { code: 'DISK_REFUSED', reason: 'backing-file', facts: {} }
  const [broken] = await imageRows(owner, [{ state: 'failed', failure, virtualSize: 0 }])
  const reason = /The disk refers to a backing file, .* Flatten it with qemu-img convert/
  await signIn(context, owner)
  await page.goto('/account')
  await expect(page.getByRole('meter', { name: 'China East (Shanghai)' })).toHaveAttribute('aria-valuetext', '0 / 50')
  await page.goto(listUrl)
  await expectRow(page.getByRole('table'), broken?.name ?? '', { Image: reason, State: 'Failed', Size: '–' })
  await page.getByRole('link', { name: broken?.name, exact: true }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'This image failed' })).toContainText(reason)
  await page.goto(`/${region}/images/${broken?.id}/share`)
  await expect(page.getByRole('button', { name: 'Share Images' })).toHaveAttribute('aria-disabled', 'true')
  await page.goto(listUrl)
  await page.getByRole('button', { name: `Delete, ${broken?.name}` }).click()
  await expect(page.getByRole('alertdialog')).toContainText('The failed import and its reason leave the list.')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(page.getByText('You have no images in this region yet.')).toBeVisible()
})

test('a list has only own images of its region: none of another master’s, none that was received', async ({
  page,
  context,
}) => {
  const [owner, stranger] = [await account(), await account()]
  const shared = await image(stranger)
  await share(stranger, shared, [owner])
  const [here, there] = await imageRows(owner, [{}, { regionId: 'cn-shenzhen' }])
  const [theirs] = await imageRows(stranger, [{}])
  await signIn(context, owner)
  for (const query of ['', '?state=available', `?q=${theirs?.id}`, `?q=${shared.id}`, '?sort=name']) {
    await page.goto(`${listUrl}${query}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    for (const hidden of [theirs, shared, there]) await expect(page.getByText(hidden?.name ?? '')).toHaveCount(0)
    await expect(page.getByText(here?.name ?? '', { exact: true })).toHaveCount(query.startsWith('?q') ? 0 : 1)
  }
})
