import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { expectAccessiblePage, looks } from './accessible'
import { account, expect, test } from './fixtures'
import { endMachine, type Machine, machine, noMachine, startAgain, stopMachine } from './machines'

const why = await noMachine()
test.skip(why !== null, why ?? '')

const machines: Machine[] = []
test.afterEach(async () => {
  for (const each of machines.splice(0)) await endMachine(each)
})

async function started(owner: Parameters<typeof machine>[0]): Promise<Machine> {
  const made = await machine(owner)
  machines.push(made)
  return made
}

const pathOf = ({ id, region }: Machine, tab: 'console' | 'screen') => `/${region}/instances/${id}/${tab}`

/** A terminal's lines as screen readers read them. */
const lines = (page: Page) => page.locator('.xterm-accessibility')

async function type(page: Page, line: string): Promise<void> {
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type(`${line}\n`)
}

test('the console of a real machine shows its output and sends typed keys', async ({ browserPage }) => {
  const owner = await account()
  const quay = await started(owner)
  const page = await browserPage(owner)
  await page.goto(pathOf(quay, 'console'))
  await expect(page.getByText('Connected.', { exact: true })).toBeVisible()
  await expect(lines(page)).toContainText('/ #')
  // This guest's shell accepts only ASCII input, but can print other characters.
  await type(page, 'printf "SUM=$((6*7)) \\\\344\\\\270\\\\255\\\\346\\\\226\\\\207\\\\n"')
  await expect(lines(page)).toContainText('SUM=42 中文')
  // A reload shows the old output again, with a new ticket.
  page.once('dialog', (dialog) => void dialog.accept())
  await page.reload()
  await expect(lines(page)).toContainText('SUM=42 中文')
  await type(page, 'echo AGAIN=$((7*7))')
  await expect(lines(page)).toContainText('AGAIN=49')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Console log' }).click(),
  ])
  expect(download.suggestedFilename()).toBe(`${quay.name}-console.log`)
})

test('pasting several lines needs a confirmation, and Fit tells the machine its size', async ({ browserPage }) => {
  const owner = await account()
  const quay = await started(owner)
  const page = await browserPage(owner)
  await page.goto(pathOf(quay, 'console'))
  await expect(lines(page)).toContainText('/ #')
  await page.locator('.xterm-helper-textarea').focus()
  await page.evaluate(() => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', 'echo ONE=$((1+0))\necho TWO=$((1+1))\n')
    document.activeElement?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    )
  })
  const dialog = page.getByRole('alertdialog', { name: 'Paste 2 lines?' })
  await dialog.getByRole('button', { name: 'Paste' }).click()
  await expect(lines(page)).toContainText('TWO=2')
  await page.getByRole('button', { name: 'Fit' }).click()
  await expect(lines(page)).toContainText(/stty rows \d+ cols \d+/)
  await page.getByRole('button', { name: 'Type text' }).click()
  await expectAccessiblePage(page, 'a console', looks)
})

test('a view ends with the session, and with the machine', async ({ browserPage }) => {
  const owner = await account()
  const quay = await started(owner)
  const page = await browserPage(owner)
  await page.goto(pathOf(quay, 'console'))
  await expect(page.getByText('Connected.', { exact: true })).toBeVisible()
  await stopMachine(quay, owner)
  await expect(page.getByText('The machine is not running (state: Stopped).')).toBeVisible()
  await page.goto(pathOf(quay, 'screen'))
  await expect(page.getByRole('img', { name: `The last picture on the screen of ${quay.name}` })).toBeVisible()
  await startAgain(quay, owner)
  await expect(page.getByText('Connected.', { exact: true })).toBeVisible()
  await db().session.deleteMany({ where: { accountId: owner.id } })
  await expect(page.getByText('Closed, because you are no longer signed in.')).toBeVisible()
})

test('the screen of a real machine has a picture, and accepts keys and text', async ({ browserPage }) => {
  const owner = await account()
  const quay = await started(owner)
  const page = await browserPage(owner)
  await page.goto(pathOf(quay, 'screen'))
  await expect(page.getByText('Connected.', { exact: true })).toBeVisible()
  const canvas = page.getByRole('application', { name: `Screen of ${quay.name}` })
  await expect(canvas).toBeVisible()
  await expect.poll(() => hasPicture(page)).toBe(true)
  await page.getByRole('button', { name: 'Type text' }).click()
  await page.getByRole('textbox', { name: 'Text' }).fill('早')
  await page.getByRole('button', { name: 'Type', exact: true }).click()
  await expect(page.getByText('These have no key and cannot be typed: 早')).toBeVisible()
  await expectAccessiblePage(page, 'a screen with a text that cannot be typed', looks)
})

/** Whether the canvas has more than one colour. */
async function hasPicture(page: Page): Promise<boolean> {
  return await page.evaluate(() => {
    const canvas = document.querySelector('canvas')
    const { data } = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] }
    return new Set(data).size > 2
  })
}

test('only the owner can read the output and the screen of a machine', async ({ requestAs }) => {
  const [owner, other] = [await account(), await account()]
  const quay = await started(owner)
  for (const what of ['console-log', 'picture']) {
    const url = `/api/instances/${quay.id}/${what}`
    const own = await (await requestAs(owner)).get(url)
    expect([own.status(), own.headers()['cache-control']]).toEqual([200, 'private, no-store'])
    expect((await (await requestAs(other)).get(url)).status()).toBe(404)
    expect((await (await requestAs(null)).get(url)).status()).toBe(401)
  }
  const ticket = `/api/instances/${quay.id}/tickets?kind=console`
  expect((await (await requestAs(owner)).post(ticket)).status()).toBe(200)
  expect((await (await requestAs(owner)).post(ticket, { headers: { origin: 'http://evil.example' } })).status()).toBe(
    403,
  )
  expect((await (await requestAs(other)).post(ticket)).status()).toBe(404)
  expect((await (await requestAs(null)).post(ticket)).status()).toBe(401)
})
