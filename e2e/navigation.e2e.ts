import type { BrowserContext, Page } from '@playwright/test'
import { account, expect, image, imageRows, share, signIn, test } from './fixtures'

const region = 'cn-shanghai'
const listUrl = `/${region}/images/custom`

/** A network on which every answer is delayed. */
async function slowDown(page: Page, latency: number) {
  const network = await page.context().newCDPSession(page)
  await network.send('Network.enable')
  const throughput = latency > 0 ? 200_000 : -1
  await network.send('Network.emulateNetworkConditions', {
    offline: false,
    latency,
    downloadThroughput: throughput,
    uploadThroughput: throughput,
  })
}

/** The list of an account with one image. */
async function openList(context: BrowserContext) {
  const owner = await account()
  const name = 'web-01'
  await imageRows(owner, [{ name }])
  await signIn(context, owner)
  const page = await context.newPage()
  await page.goto(listUrl)
  await expect(page.getByRole('row')).toHaveCount(2)
  return { page, image: page.getByRole('link', { name, exact: true }) }
}

test('a slow page shows that it is loading, whatever opened it', async ({ context }) => {
  const { page, image } = await openList(context)
  // Every way to a page requests it from the server; the answer is held back until the indicator was seen.
  let held = Promise.resolve()
  let release = () => {}
  await page.route(
    ({ searchParams }) => searchParams.has('_rsc'),
    async (route) => {
      await held
      await route.continue()
    },
  )
  const coming = page.getByRole('status').filter({ hasText: 'The page is on its way.' })
  const ways: [string, () => Promise<void>, RegExp][] = [
    [
      'a tab',
      () =>
        page
          .getByRole('main')
          .getByRole('link', { name: /^Shared Images/ })
          .first()
          .click(),
      /shared$/,
    ],
    ['the side menu', () => page.getByRole('link', { name: 'Images', exact: true }).click(), /custom$/],
    [
      'a search',
      () =>
        page
          .getByRole('searchbox')
          .fill('web')
          .then(() => page.keyboard.press('Enter')),
      /q=web$/,
    ],
    ['a link in a row', () => image.click(), /img-\w+$/],
  ]
  for (const [way, go, url] of ways) {
    held = new Promise((resolve) => {
      release = resolve
    })
    await go()
    await expect(coming, way).toHaveCount(1)
    release()
    await expect(page, way).toHaveURL(url)
    await expect(coming, way).toHaveCount(0)
  }
})

test('without a network the lists say so, links stay in the console, and everything recovers by itself', async ({
  context,
}) => {
  const { page, image } = await openList(context)
  await expect(page.getByText(/^Updated /)).toBeVisible()
  await context.setOffline(true)
  await page.getByRole('button', { name: 'Refresh' }).click()
  await expect(page.getByText(/^You are offline\. Showing the state of /)).toBeVisible()
  await image.click()
  await expect(page.getByRole('alert').filter({ hasText: 'You are offline, so nothing was sent.' })).toBeVisible()
  await expect(page).toHaveURL(listUrl)
  await expect(page.getByRole('row')).toHaveCount(2)
  await context.setOffline(false)
  await expect(page.getByText(/^You are offline/)).toHaveCount(0)
  await image.click()
  await expect(page.getByRole('heading', { level: 1, name: 'web-01' })).toBeVisible()
})

test("a page's title names the thing first, and nothing that the visitor may not see", async ({ browserPage }) => {
  const [owner, recipient, stranger] = [await account(), await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const page = await browserPage(owner)
  const titles: [string, string][] = [
    ['', `${disk.name} · Details`],
    ['/share', `${disk.name} · Shared Images`],
    ['/copy', `${disk.name} · Copy Image`],
    ['/check', `${disk.name} · Disk Check`],
    ['/check/clean', `${disk.name} · Make Clean Copy`],
  ]
  for (const [path, title] of titles) {
    await page.goto(`/${region}/images/${disk.id}${path}`)
    await expect(page).toHaveTitle(`${title} · Open ECS Console`)
  }
  const nothing = 'Page not found · Open ECS Console'
  const theirs = await browserPage(recipient)
  await theirs.goto(`/${region}/images/${disk.id}`)
  await expect(theirs).toHaveTitle(`${disk.name} · Details · Open ECS Console`)
  await theirs.goto(`/${region}/images/${disk.id}/share`)
  await expect(theirs).toHaveTitle(nothing)
  const other = await browserPage(stranger)
  for (const path of [`/${region}/images/${disk.id}`, `/${region}/images/img-0000000000`, '/no/such/page']) {
    await other.goto(path)
    await expect(other, path).toHaveTitle(nothing)
  }
})

test('every page shows the time zone of its times', async ({ page, context }) => {
  await signIn(context, await account())
  for (const path of [listUrl, '/account']) {
    await page.goto(path)
    await expect(page.getByRole('contentinfo')).toHaveText('Times are those of Asia/Shanghai (GMT+8).')
  }
  await page.goto(listUrl)
  await expect(page.getByText(/^Updated .* GMT\+8$/)).toBeVisible()
})

test('the palette keeps letters typed while its code loads', async ({ page, context }) => {
  await signIn(context, await account())
  await page.goto(listUrl)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await slowDown(page, 300)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('fleet-00-and-more', { delay: 40 })
  await expect(page.getByRole('dialog').getByRole('combobox')).toHaveValue('fleet-00-and-more')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('Control+k')
  await expect(page.getByRole('dialog').getByRole('combobox')).toHaveValue('')
})

test('the palette finds shared images by name and id, and pages and actions by their words', async ({
  page,
  context,
}) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  await signIn(context, recipient)
  await page.goto('/account')
  const type = async (words: string) => {
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').fill(words)
  }
  // Before the scripts have loaded, the key goes to the browser; afterwards it must open the palette.
  await expect(async () => {
    await page.keyboard.press('Control+k')
    await expect(page.getByRole('dialog')).toBeVisible({ timeout: 2_000 })
  }).toPass()
  await page.keyboard.press('Escape')
  const first = page.getByRole('dialog').getByRole('option', { selected: true })
  for (const [words, option] of [
    [disk.name.slice(0, -1), disk.name],
    [disk.id, disk.name],
    ['import', 'Import Image'],
    ['copy', 'Custom Images'],
    ['quota', 'Account Info'],
    ['recycle bin', 'Recycle bin'],
    ['dark', 'Theme: Dark'],
    ['中文', 'Language: 中文'],
  ] as const) {
    await type(words)
    await expect(first, words).toContainText(option)
    await page.keyboard.press('Escape')
  }
  await type('dark')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  await type('recycle')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(`${listUrl}?state=deleted`)
})
