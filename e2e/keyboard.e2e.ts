import type { Page } from '@playwright/test'
import { account, expect, image, imageRows, row, share, signIn, test } from './fixtures'

const region = 'cn-shanghai'

/** The focused element, and whether the focus is visible. */
async function focused(page: Page) {
  return await page.evaluate(() => {
    const element = document.activeElement ?? document.body
    const { width, height } = element.getBoundingClientRect()
    // A text box in a frame shows the focus on the frame.
    const outlines = [element, element.parentElement ?? element].map((shown) => getComputedStyle(shown))
    const isOutlined = outlines.some(
      ({ outlineStyle, outlineWidth }) => outlineStyle !== 'none' && outlineWidth !== '0px',
    )
    const isSeen = width > 1 && height > 1 && getComputedStyle(element).opacity === '1'
    const name = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40) ?? ''
    return { tag: element.tagName, name, isVisible: isSeen && isOutlined }
  })
}

async function expectFocusKept(page: Page, after: string) {
  await expect.poll(async () => (await focused(page)).tag, `focus after ${after}`).not.toBe('BODY')
}

test('the first Tab stop is the link that skips to the content', async ({ page, context }) => {
  const owner = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  for (const path of [`/${region}/images/custom`, `/${region}/images/${disk.id}/share`, '/account']) {
    await page.goto(path)
    await page.keyboard.press('Tab')
    const skip = page.getByRole('link', { name: 'Skip to content' })
    await expect(skip).toBeFocused()
    await expect(skip).toBeInViewport({ ratio: 1 })
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    const main = page.getByRole('main')
    await expect.poll(() => main.evaluate((element) => element.contains(document.activeElement)), path).toBe(true)
  }
})

test('Tab reaches every control of a page in order, and each shows the focus', async ({ page, context }) => {
  const owner = await account()
  const recipient = await account()
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  await signIn(context, owner)
  for (const path of [
    `/${region}/images/custom`,
    `/${region}/images/${disk.id}`,
    `/${region}/images/${disk.id}/share`,
    '/account',
  ]) {
    await page.goto(path)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    const controls = page.getByRole('link').or(page.getByRole('button')).or(page.getByRole('textbox'))
    const others = page.getByRole('combobox').or(page.getByRole('searchbox'))
    const count = (await controls.count()) + (await others.count())
    for (let step = 0; step < count; step++) {
      await page.keyboard.press('Tab')
      const { tag, name } = await focused(page)
      const isSeen = async () => (await focused(page)).isVisible
      await expect.poll(isSeen, `${path}: ${tag} ${name}`).toBe(true)
    }
  }
})

test('after a cancelled share the focus is on the next row’s operation, and the page does not scroll', async ({
  page,
  context,
}) => {
  const owner = await account()
  const recipients = await Promise.all(Array.from({ length: 20 }, () => account()))
  const disk = await image(owner)
  await share(owner, disk, recipients)
  await signIn(context, owner)
  await page.goto(`/${region}/images/${disk.id}/share`)
  const names = recipients.map(({ username }) => username).sort()
  const cancel = (index: number) => page.getByRole('button', { name: `Cancel Sharing, ${names[index]}` })
  const confirm = () => page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await cancel(12).click()
  await page.getByRole('button', { name: 'Keep Sharing' }).click()
  await expect(cancel(12)).toBeFocused()
  for (const [index, next] of [
    [12, 13],
    [13, 14],
    [19, 18],
  ] as const) {
    await cancel(index).focus()
    const before = await page.evaluate(() => window.scrollY)
    await page.keyboard.press('Enter')
    await confirm()
    await expect(row(page.getByRole('table'), names[index] ?? '')).toHaveCount(0)
    await expect(cancel(next)).toBeFocused()
    await expect(page.getByRole('status').filter({ hasText: `no longer shared with ${names[index]}` })).toHaveCount(1)
    expect(await page.evaluate(() => window.scrollY)).toBeGreaterThan(before - 200)
  }
})

test('the focus moves to the heading if the list becomes empty, or the page is left', async ({ browserPage }) => {
  const owner = await account()
  const recipient = await account()
  const [disk, other, last] = [await image(owner), await image(owner), await image(owner)]
  for (const one of [disk, other, last]) await share(owner, one, [recipient])
  const page = await browserPage(owner)
  await page.goto(`/${region}/images/${last.id}/share`)
  const confirm = { name: 'Cancel Sharing', exact: true }
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  await page.getByRole('button', confirm).click()
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  const theirs = await browserPage(recipient)
  await theirs.goto(`/${region}/images/shared`)
  await theirs.getByRole('button', { name: `Cancel Sharing, ${other.name}` }).click()
  await theirs.getByRole('button', confirm).click()
  await expect(row(theirs.getByRole('table'), other.name)).toHaveCount(0)
  await expect(theirs.getByRole('button', { name: `Cancel Sharing, ${disk.name}` })).toBeFocused()
  await expect(theirs.getByRole('status').filter({ hasText: `${other.name} was given back` })).toHaveCount(1)
  await theirs.getByRole('link', { name: disk.name, exact: true }).click()
  await expect(theirs.getByRole('heading', { level: 1, name: disk.name })).toBeFocused()
  await theirs.getByRole('button', { name: `Cancel Sharing, ${disk.name}` }).click()
  await theirs.getByRole('button', confirm).click()
  await expect(theirs.getByRole('heading', { level: 1, name: 'Images' })).toBeFocused()
})

test('after a deleted image the focus is on the next one’s Delete, or on the heading', async ({ page, context }) => {
  const owner = await account()
  const [other, middle, broken] = await imageRows(owner, [{}, {}, { state: 'failed' }])
  await signIn(context, owner)
  await page.goto(`/${region}/images/custom`)
  await page.getByRole('button', { name: `Delete, ${broken?.name}` }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(row(page.getByRole('table'), broken?.name ?? '')).toHaveCount(0)
  await expect(page.getByRole('button', { name: `Delete, ${middle?.name}` })).toBeFocused()
  await imageRows(owner, [{ state: 'deleted', deletedAt: new Date(), name: 'first' }])
  await imageRows(owner, [{ state: 'deleted', deletedAt: new Date(), name: 'second' }])
  await page.goto(`/${region}/images/custom?state=deleted`)
  await page.getByRole('button', { name: 'Restore, second' }).focus()
  await page.keyboard.press('Enter')
  await expect(row(page.getByRole('table'), 'second')).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Restore, first' })).toBeFocused()
  await page.goto(`/${region}/images/${other?.id}`)
  await page.getByRole('button', { name: `Delete, ${other?.name}` }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Images' })).toBeFocused()
})

test('the focus is not lost with its element: a form, a chip, a filter, a page of a list', async ({
  page,
  context,
}) => {
  const owner = await account()
  const disk = await image(owner)
  await imageRows(owner, Array(30).fill({ name: 'many' }))
  await signIn(context, owner)
  await page.goto(`/${region}/images/${disk.id}`)
  for (const leave of ['Discard Changes', 'Save Changes']) {
    await page.getByRole('button', { name: 'Edit' }).click()
    await expect(page.getByLabel('Name', { exact: true })).toBeFocused()
    await page.getByRole('button', { name: leave }).click()
    await expect(page.getByRole('button', { name: leave })).toHaveCount(0)
    await expectFocusKept(page, leave)
  }
  await page.goto(`/${region}/images/${disk.id}/share`)
  const field = page.getByRole('textbox', { name: 'Username' })
  await field.fill('nobody-a, nobody-b,')
  await page.getByRole('button', { name: 'Remove nobody-a' }).click()
  await expect(field).toBeFocused()
  await page.keyboard.press('Backspace')
  await expect(page.getByRole('button', { name: 'Remove nobody-b' })).toHaveCount(0)
  await expect(field).toBeFocused()
  await page.goto(`/${region}/images/custom?state=available&q=many`)
  await page.getByRole('link', { name: 'Next' }).click()
  await expect(page.getByRole('link', { name: 'Previous' })).toBeVisible()
  await expectFocusKept(page, 'the next page')
  await page.getByRole('link', { name: 'Remove filter State' }).click()
  await expect(page.getByRole('link', { name: 'Remove filter State' })).toHaveCount(0)
  await expectFocusKept(page, 'removing a filter')
  await page.getByRole('link', { name: 'Sort by Image' }).click()
  await expect(page.getByRole('link', { name: 'Sort by Image' })).toBeFocused()
})

test('overlays trap the focus, and return it on Escape', async ({ page, context }) => {
  const owner = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  await page.goto(`/${region}/images/custom`)
  const banner = page.getByRole('banner')
  const openers = [
    { opener: banner.getByRole('combobox', { name: 'Region' }), opened: page.getByRole('listbox') },
    { opener: banner.getByRole('button', { name: 'Language' }), opened: page.getByRole('menu') },
    { opener: banner.getByRole('button', { name: /^Account menu/ }), opened: page.getByRole('menu') },
    { opener: page.getByRole('button', { name: 'State', exact: true }), opened: page.getByRole('menu') },
    { opener: page.getByRole('button', { name: `Delete, ${disk.name}` }), opened: page.getByRole('alertdialog') },
    { opener: banner.getByRole('button', { name: 'Search' }), opened: page.getByRole('dialog') },
  ]
  for (const { opener, opened } of openers) {
    await opener.focus()
    await page.keyboard.press('Enter')
    await expect(opened).toBeVisible()
    const keepsFocus = () => opened.evaluate((element) => element.contains(document.activeElement))
    await expect.poll(keepsFocus, `${opener} opened`).toBe(true)
    for (const key of ['Tab', 'Tab', 'Shift+Tab', 'Tab']) await page.keyboard.press(key)
    expect.soft(await keepsFocus(), `${opener} after Tab`).toBe(true)
    await page.keyboard.press('Escape')
    await expect(opened).toHaveCount(0)
    await expect.soft(opener, `${opener}`).toBeFocused()
  }
})
