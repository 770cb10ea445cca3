import type { Page } from '@playwright/test'
import { account, expect, image, imageRows, share, signIn, test } from './fixtures'

const region = 'cn-shanghai'

/** The layout shifts since the navigation, as browsers measure them: size and element. */
async function layoutShifts(page: Page): Promise<string[]> {
  return await page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const shifts: string[] = []
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            const sources: { node?: Node; previousRect: DOMRect; currentRect: DOMRect }[] = Reflect.get(
              entry,
              'sources',
            )
            const moved = sources.map(({ node, previousRect: before, currentRect: after }) => {
              const text = node?.textContent?.slice(0, 60)
              return `${node?.nodeName} "${text}" from ${before.x},${before.y} to ${after.x},${after.y}`
            })
            shifts.push(`${Reflect.get(entry, 'value')}: ${moved.join('; ')}`)
          }
        })
        observer.observe({ type: 'layout-shift', buffered: true })
        // Entries are delivered before the next frame is drawn.
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(shifts)))
      }),
  )
}

test('nothing on a page moves while it loads, on desktop and phone', async ({ page, context }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await imageRows(owner, Array(30).fill({}))
  await share(owner, disk, [recipient])
  await signIn(context, owner)
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 })
    for (const path of [
      `/${region}/images/custom`,
      `/${region}/images/${disk.id}/share`,
      `/${region}/images/${disk.id}`,
    ]) {
      await page.goto(path, { waitUntil: 'networkidle' })
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      expect.soft(await layoutShifts(page), `${path} at ${width}`).toEqual([])
    }
  }
})

test('visiting every page causes no error and no warning in the browser’s console', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const [disk, second] = [await image(owner), await image(owner)]
  await share(owner, disk, [recipient])
  const said: string[] = []
  const listen = (page: Page) => {
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') said.push(`${page.url()}: ${message.text()}`)
    })
    page.on('response', (answer) => {
      if (answer.status() >= 400) said.push(`${page.url()}: ${answer.status()} ${answer.url()}`)
    })
    page.on('pageerror', (error) => said.push(`${page.url()}: ${error.message}`))
    return page
  }
  const page = listen(await browserPage(owner))
  await page.goto('/')
  const main = page.getByRole('main')
  await main.getByRole('link', { name: 'Shared Images', exact: true }).click()
  await expect(page).toHaveURL(`/${region}/images/shared`)
  await main.getByRole('link', { name: 'Custom Images' }).click()
  await page.getByRole('link', { name: second.name, exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: second.name })).toBeVisible()
  await page.getByRole('button', { name: 'Edit' }).click()
  await page.getByRole('button', { name: 'Discard Changes' }).click()
  await main.getByRole('link', { name: 'Shared Images' }).first().click()
  await page.getByRole('textbox', { name: 'Username' }).fill(recipient.username)
  await page.getByRole('button', { name: 'Share Images' }).click()
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  await page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(page.getByText('This image is not shared with anybody.')).toBeVisible()
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').fill('account')
  await page.getByRole('option', { name: 'Account Info' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Account Info' })).toBeVisible()
  await page.getByRole('combobox', { name: 'Region' }).click()
  await page.getByRole('option', { name: /Shenzhen/ }).click()
  await page.goto(`/${region}/images/custom`)
  await page.getByRole('button', { name: `Delete, ${second.name}` }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(page.getByText(`${second.name} is in the recycle bin.`)).toBeVisible()
  const theirs = listen(await browserPage(recipient))
  await theirs.goto(`/${region}/images/shared`)
  await theirs.getByRole('link', { name: disk.name, exact: true }).click()
  await expect(theirs.getByRole('heading', { level: 1, name: disk.name })).toBeVisible()
  await theirs.getByRole('button', { name: /^Account menu/ }).click()
  await theirs.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(theirs.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  expect(said).toEqual([])
})
