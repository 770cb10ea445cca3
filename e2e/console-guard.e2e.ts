import { createHash } from 'node:crypto'
import type { Page } from '@playwright/test'
import { type Account, account, expect, test } from './fixtures'
import { endMachine, type Machine, machine, noMachine, stopMachine } from './machines'

// What a view keeps a machine from doing in the browser, and which keys it takes from the browser.

const why = await noMachine()
test.skip(why !== null, why ?? '')

const machines: Machine[] = []
test.afterEach(async () => {
  for (const each of machines.splice(0)) await endMachine(each)
})

const connected = (page: Page) => page.getByText(/^Connected\./)
const lines = (page: Page) => page.locator('.xterm-accessibility')

/** The whole output of the serial port. */
async function said(page: Page, { id }: Machine): Promise<string> {
  return await (await page.request.get(`/api/instances/${id}/console-log`)).text()
}

/** Opens a view of a new machine once its shell has started. */
async function open(page: Page, owner: Account, tab: 'console' | 'screen'): Promise<Machine> {
  const quay = await machine(owner)
  machines.push(quay)
  await page.goto(`/${quay.region}/instances/${quay.id}/${tab}`)
  await expect(connected(page)).toBeVisible()
  await expect.poll(() => said(page, quay)).toContain('/ #')
  return quay
}

async function type(page: Page, line: string): Promise<void> {
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type(`${line}\n`)
}

async function paste(page: Page, text: string): Promise<void> {
  await page.locator('.xterm-helper-textarea').focus()
  await page.evaluate((given) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', given)
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })
    document.activeElement?.dispatchEvent(event)
  }, text)
}

test("a machine cannot write to the viewer's clipboard, and makes no links", async ({ browserPage }) => {
  const owner = await account()
  const page = await browserPage(owner)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await open(page, owner, 'console')
  await page.evaluate(() => navigator.clipboard.writeText('mine'))
  await type(page, 'printf "\\033]52;c;$(printf theirs | base64)\\007"; echo "Sum: $((6*7))"')
  await expect(lines(page)).toContainText('Sum: 42')
  await type(
    page,
    'printf "\\033]8;;https://evil.example\\033\\\\\\\\a-%s\\033]8;;\\033\\\\\\\\\\n" link; echo "Sum: $((7*7))"',
  )
  await expect(lines(page)).toContainText('Sum: 49')
  const opened: string[] = []
  page.on('dialog', (dialog) => {
    opened.push(dialog.message())
    void dialog.dismiss()
  })
  page.context().on('page', (other) => opened.push(other.url()))
  // A layer of the terminal above the text takes the mouse.
  const box = await page
    .locator('.xterm-rows > div')
    .filter({ hasText: /^a-link\s*$/ })
    .boundingBox()
  await page.mouse.move((box?.x ?? 0) + 12, (box?.y ?? 0) + 6, { steps: 4 })
  await page.mouse.click((box?.x ?? 0) + 12, (box?.y ?? 0) + 6)
  await type(page, 'echo "Sum: $((8*8))"')
  await expect(lines(page)).toContainText('Sum: 64')
  expect(opened).toEqual([])
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('mine')
})

for (const tab of ['console', 'screen'] as const)
  test(`the ${tab} asks before the page is left only once something was typed`, async ({ browserPage }) => {
    const owner = await account()
    const page = await browserPage(owner)
    const quay = await open(page, owner, tab)
    const asked: string[] = []
    page.on('dialog', (dialog) => {
      asked.push(dialog.type())
      void dialog.dismiss()
    })
    await page.reload()
    await expect(connected(page)).toBeVisible()
    expect(asked).toEqual([])
    const view = tab === 'console' ? page.locator('.xterm-helper-textarea') : page.getByRole('application')
    await view.focus()
    // Copying, browser shortcuts and leaving by keyboard are no input for the machine.
    if (tab === 'console') {
      // A layer of the terminal above the text takes the mouse.
      const words = await page.locator('.xterm-rows > div').filter({ hasText: '/ #' }).last().boundingBox()
      await page.mouse.dblclick((words?.x ?? 0) + 4, (words?.y ?? 0) + 6)
      await expect(page.locator('.xterm-selection > div').first()).toBeAttached()
      await page.keyboard.press('Control+Shift+KeyC')
    }
    await page.keyboard.press('Meta+KeyI')
    await page.keyboard.press('Shift+Tab')
    await expect(view).not.toBeFocused()
    await page.reload()
    await expect(connected(page)).toBeVisible()
    expect(asked).toEqual([])
    await view.focus()
    await page.keyboard.type('x')
    // After dismissing, the page and its connection stay.
    await page.evaluate(() => {
      Object.assign(window, { isSame: true })
      location.reload()
    })
    await expect.poll(() => asked).toEqual(['beforeunload'])
    expect(await page.evaluate(() => 'isSame' in window)).toBe(true)
    await expect(connected(page)).toBeVisible()
    // A machine that is off has nothing to lose.
    await stopMachine(quay, owner)
    await expect(page.getByText('The machine is not running (state: Stopped).')).toBeVisible()
    await page.reload()
    expect(asked).toHaveLength(1)
  })

test('full screen locks all keys for the machine, and still fills the screen in a browser that cannot lock keys', async ({
  browserPage,
}) => {
  const owner = await account()
  const page = await browserPage(owner)
  await page.addInitScript(() => {
    const locks: number[] = []
    Object.assign(window, { locks })
    const { keyboard } = navigator as Navigator & { keyboard?: { lock(...keys: unknown[]): Promise<void> } }
    const lock = keyboard?.lock.bind(keyboard)
    if (keyboard && lock)
      keyboard.lock = async (...keys) => {
        await lock(...keys)
        // All keys, and only in full screen: elsewhere the lock has no effect.
        locks.push(document.fullscreenElement ? keys.length : -1)
      }
  })
  const quay = await open(page, owner, 'screen')
  const isFull = () => page.evaluate(() => document.fullscreenElement?.querySelector('canvas') != null)
  await page.getByRole('button', { name: 'Full screen' }).click()
  await expect.poll(isFull).toBe(true)
  await expect.poll(() => page.evaluate(() => (window as typeof window & { locks: number[] }).locks)).toEqual([0])
  await expect(page.getByRole('application')).toBeFocused()
  // Physical keys, so that capital letters need Shift.
  await page.keyboard.type('cp /proc/version /dev/tty', { delay: 30 })
  await page.keyboard.press('Shift+KeyS', { delay: 30 })
  await page.keyboard.type('0', { delay: 30 })
  await page.keyboard.press('Enter', { delay: 30 })
  await expect.poll(() => said(page, quay)).toContain('Linux version')
  await page.evaluate(() => document.exitFullscreen())
  await page.evaluate(() => Object.defineProperty(navigator, 'keyboard', { value: undefined }))
  await page.getByRole('button', { name: 'Full screen' }).click()
  await expect.poll(isFull).toBe(true)
  await expect(page.getByRole('application')).toBeFocused()
})

test('a long paste arrives without a loss, and a running one can be stopped', async ({ browserPage }) => {
  const owner = await account()
  const page = await browserPage(owner)
  const quay = await open(page, owner, 'console')
  const text = Array.from({ length: 80 }, (_, index) => `${index} ${'0123456789abcdef'.repeat(4)}\n`).join('')
  const sum = createHash('md5').update(text).digest('hex')
  await paste(page, `cat > /tmp/text << "END"\n${text}END\nmd5sum < /tmp/text\n`)
  await page.getByRole('alertdialog').getByRole('button', { name: 'Paste' }).click()
  await expect.poll(() => said(page, quay)).toContain(sum)

  await page.getByRole('button', { name: 'Type text' }).click()
  // A minute's worth at the pace of a serial port: a slow machine shows its beginning late.
  await page.getByRole('textbox', { name: 'Text' }).fill(`: ${'begun '.repeat(20_000)}ended`)
  await page.getByRole('button', { name: 'Type', exact: true }).click()
  await expect(lines(page)).toContainText('begun begun')
  await page.getByRole('button', { name: 'Stop typing' }).click()
  await expect(page.getByRole('button', { name: 'Type', exact: true })).toBeVisible()
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.press('Control+c')
  await page.keyboard.type('echo "Sum: $((6*7))"\n')
  await expect.poll(() => said(page, quay)).toContain('Sum: 42')
  expect(await said(page, quay)).not.toContain('ended')

  // Bracketed paste: the text is marked, and cannot contain the end mark.
  await type(page, 'printf "\\033[?2004h"; cat -v')
  await expect.poll(() => said(page, quay)).toContain('\x1b[?2004h')
  await paste(page, 'one\x1b[201~two')
  await page.keyboard.press('Enter')
  await expect.poll(() => said(page, quay)).toContain('^[[200~one[201~two^[[201~')
})
