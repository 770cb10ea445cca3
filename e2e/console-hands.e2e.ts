import { devices, type Page } from '@playwright/test'
import { type Account, account, expect, signIn, test } from './fixtures'
import { endMachine, type Machine, machine, noMachine } from './machines'

const why = await noMachine()
test.skip(why !== null, why ?? '')

const machines: Machine[] = []
test.afterEach(async () => {
  for (const each of machines.splice(0)) await endMachine(each)
})

async function started(owner: Account): Promise<Machine> {
  const made = await machine(owner)
  machines.push(made)
  return made
}

const pathOf = ({ id, region }: Machine, tab: 'console' | 'screen') => `/${region}/instances/${id}/${tab}`
const connected = (page: Page) => page.getByText(/^Connected\./)
const lines = (page: Page) => page.locator('.xterm-accessibility')

/** The whole output of the serial port. */
async function said(page: Page, { id }: Machine): Promise<string> {
  return await (await page.request.get(`/api/instances/${id}/console-log`)).text()
}

const boots = (log: string) => log.split('Tiny Linux on').length - 1

/** Opens the screen of a machine once its shell has started there. */
async function openScreen(page: Page, quay: Machine): Promise<void> {
  await page.goto(pathOf(quay, 'screen'))
  await expect(connected(page)).toBeVisible()
  await expect.poll(() => said(page, quay)).toContain('/ #')
}

async function typeText(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Text' })
  if (!(await field.isVisible())) await page.getByRole('button', { name: 'Type text' }).click()
  await field.fill(text)
  await page.getByRole('button', { name: 'Type', exact: true }).click()
}

test('a text is typed into the screen key by key, and Ctrl-Alt-Del reaches the machine', async ({ browserPage }) => {
  const owner = await account()
  const quay = await started(owner)
  const page = await browserPage(owner)
  await openScreen(page, quay)
  await typeText(page, 'echo "Sum: $((6*7))" > /dev/ttyS0\n')
  await expect.poll(() => said(page, quay)).toContain('Sum: 42')
  // Makes the kernel restart at Ctrl-Alt-Del, instead of signalling an init that this guest lacks.
  await typeText(page, 'echo 1 > /proc/sys/kernel/ctrl-alt-del; echo "Ready: $((7*7))" > /dev/ttyS0\n')
  await expect.poll(() => said(page, quay)).toContain('Ready: 49')
  const before = boots(await said(page, quay))
  await page.getByRole('button', { name: 'Send Ctrl-Alt-Del' }).click()
  await expect.poll(async () => boots(await said(page, quay))).toBe(before + 1)
})

test('on a phone a button opens the keyboard, and typed keys go to the machine', async ({ browser }) => {
  const owner = await account()
  const quay = await started(owner)
  const { defaultBrowserType: _, ...phone } = devices['Pixel 7']
  const context = await browser.newContext({ ...phone, locale: 'en-US' })
  await signIn(context, owner)
  const page = await context.newPage()
  await openScreen(page, quay)
  await page.getByRole('button', { name: 'Keyboard', exact: true }).tap()
  await expect(page.getByRole('textbox', { name: `Keyboard of ${quay.name}` })).toBeFocused()
  await page.keyboard.type('echo "Product: $((6*8)))', { delay: 30 })
  // A touch keyboard deletes and inserts words; the machine gets single letters.
  await page.keyboard.press('Backspace')
  await page.keyboard.type('" > /dev/ttyS0', { delay: 30 })
  await page.keyboard.press('Enter')
  await expect.poll(() => said(page, quay)).toContain('Product: 48')
  await context.close()
})

test('a view that is cut off resumes at its byte, and after the last retry a button reconnects it', async ({
  browserPage,
}) => {
  const owner = await account()
  const quay = await started(owner)
  const page = await browserPage(owner)
  // Gives the test the page's sockets, so that it can break one.
  await page.addInitScript(() => {
    const opened: WebSocket[] = []
    Object.assign(window, { opened })
    window.WebSocket = new Proxy(WebSocket, {
      construct(Socket, given: ConstructorParameters<typeof WebSocket>) {
        const socket = new Socket(...given)
        opened.push(socket)
        return socket
      },
    })
  })
  const cut = () =>
    page.evaluate(() => {
      const { opened } = window as typeof window & { opened: WebSocket[] }
      for (const socket of opened.splice(0)) socket.close()
    })
  // The page still says that it is connected until it has noticed the cut.
  const hasNewSocket = () => page.evaluate(() => (window as typeof window & { opened: WebSocket[] }).opened.length > 0)
  await page.clock.install()
  await page.goto(pathOf(quay, 'console'))
  await expect(lines(page)).toContainText('/ #')
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type('echo "Sum: $((6*7))"\n')
  await expect(lines(page)).toContainText('Sum: 42')
  await cut()
  await expect.poll(hasNewSocket).toBe(true)
  await expect(connected(page)).toBeVisible()
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type('echo "Then: $((7*7))"\n')
  await expect(lines(page)).toContainText('Then: 49')
  // Nothing was repeated or lost.
  expect((await lines(page).textContent())?.split('Sum: 42')).toHaveLength(2)

  await page.context().setOffline(true)
  await cut()
  const connect = page.getByRole('button', { name: 'Connect', exact: true })
  await expect(async () => {
    await page.clock.fastForward(8_000)
    await expect(connect).toBeVisible({ timeout: 500 })
  }).toPass()
  await page.context().setOffline(false)
  await connect.click()
  await expect(connected(page)).toBeVisible()
  await expect(lines(page)).toContainText('Then: 49')
})

test('four watch a machine; the fifth is refused and may take over', async ({ browserPage }) => {
  const owner = await account()
  const quay = await started(owner)
  const first = await browserPage(owner)
  const open = async (page: Page) => {
    await page.goto(pathOf(quay, 'console'))
    return page
  }
  const watching = [await open(first)]
  for (let more = 1; more < 4; more++) watching.push(await open(await first.context().newPage()))
  for (const page of watching) await expect(connected(page)).toBeVisible()
  const fifth = await open(await first.context().newPage())
  const takeOver = fifth.getByRole('button', { name: 'Take over' })
  await expect(takeOver).toBeVisible()
  await takeOver.click()
  await expect(connected(fifth)).toBeVisible()
  const full = async () => {
    const shown = await Promise.all(watching.map((page) => page.getByRole('button', { name: 'Take over' }).count()))
    return shown.reduce((sum, count) => sum + count, 0)
  }
  await expect.poll(full).toBe(1)
})
