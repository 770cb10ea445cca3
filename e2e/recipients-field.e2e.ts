import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { type Account, account, expect, image, share, signIn, tellPages, test, unique } from './fixtures'

// The username field of the share page: which input becomes a chip, what chips say, and which names are looked up.

const region = 'cn-shanghai'

async function openShare(page: Page, owner: Account) {
  const disk = await image(owner)
  await signIn(page.context(), owner)
  // A look-up refused because of a busy database is retried, and counts once.
  const lookUps: string[] = []
  page.on('response', (response) => {
    const url = new URL(response.url())
    if (url.pathname === '/api/accounts' && response.ok()) lookUps.push(url.searchParams.get('username') ?? '')
  })
  await page.goto(`/${region}/images/${disk.id}/share`)
  const field = page.getByRole('textbox', { name: 'Username' })
  return { disk, field, lookUps, lines: page.getByRole('listitem') }
}

/** Pastes over the field's selected text, once the field's script handles pastes. */
async function paste(page: Page, text: string) {
  const isTaken = () =>
    page.evaluate((copied) => {
      const data = new DataTransfer()
      data.setData('text/plain', copied)
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
      document.activeElement?.dispatchEvent(event)
      return event.defaultPrevented
    }, text)
  await expect.poll(isTaken).toBe(true)
}

test('a paste replaces only the selected text', async ({ page }) => {
  const { field } = await openShare(page, await account())
  await field.fill('harb')
  await field.selectText()
  await paste(page, 'lantern')
  await expect(page.getByRole('button', { name: 'Remove lantern' })).toBeVisible()
  await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(1)
  await field.fill('mead')
  await paste(page, 'ow')
  await expect(page.getByRole('button', { name: 'Remove meadow' })).toBeVisible()
  await expect(field).toHaveValue('')
})

test('pressing the button right after typing shares, although the new chips move it', async ({ page }) => {
  const { field } = await openShare(page, await account())
  const names = Array.from({ length: 9 }, () => unique('nobody-of-that-name'))
  await field.pressSequentially(names.join(' '))
  const submit = page.getByRole('button', { name: 'Share Images' })
  const before = await submit.boundingBox()
  await submit.click()
  await expect(page.getByRole('alert').filter({ hasText: 'Nothing was shared' })).toBeFocused()
  await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(names.length)
  const after = await submit.boundingBox()
  expect(after?.y).toBeGreaterThan((before?.y ?? 0) + (before?.height ?? 0))
})

test('people pasted from a mail program are one chip each, marked as e-mail addresses, and not looked up', async ({
  page,
}) => {
  const { field, lookUps, lines } = await openShare(page, await account())
  await field.focus()
  await paste(page, 'Lantern Studio <lantern@example.com>; "Meadow, Inc" <m@example.com>, ops@harbour, h\u0430rbour')
  await expect(page.getByRole('button', { name: /^Remove/ })).toHaveCount(4)
  await expect(
    lines.filter({ hasText: 'lantern studio <lantern@example.com>: This is an e-mail address' }),
  ).toBeVisible()
  await expect(lines.filter({ hasText: 'ops@harbour: This is the login name of a sub-account' })).toBeVisible()
  await expect(lines.filter({ hasText: 'The character \u0430 (U+0430) cannot be in a username' })).toBeVisible()
  const known = await account()
  await field.fill(`${known.username},`)
  await expect(lines.filter({ hasText: `${known.username} is a master account` })).toBeVisible()
  expect(lookUps).toEqual([known.username])
})

test('invisible characters of a paste are dropped', async ({ page }) => {
  const { field, lines } = await openShare(page, await account())
  const known = await account()
  await field.focus()
  await paste(page, `\u202a${known.username.replace('-', '\u2011')}\u200b\ufeff`)
  await expect(lines.filter({ hasText: `${known.username} is a master account` })).toBeVisible()
})

test('every chip says its own state in a word', async ({ page }) => {
  const owner = await account()
  const [known, held, full] = [await account(), await account(), await account()]
  await db().quota.create({ data: { accountId: full.id, regionId: region, resource: 'images', amount: 0 } })
  const { disk, field } = await openShare(page, owner)
  await share(owner, disk, [held])
  await page.reload()
  const nobody = unique('nobody')
  await field.fill(`${[known, held, full, owner].map(({ username }) => username).join()},${nobody},-a,`)
  const states = {
    [known.username]: 'Found',
    [held.username]: 'Already shared',
    [full.username]: 'Found',
    [owner.username]: 'Your own account',
    [nobody]: 'Not found',
    '-a': 'Not a username',
  }
  for (const [username, word] of Object.entries(states)) {
    await expect(page.getByTitle(`${username}: ${word}`), username).toContainText(word)
  }
  await page.getByRole('button', { name: 'Share Images' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'Nothing was shared' })).toBeFocused()
  await expect(page.getByTitle(`${full.username}: No free place`)).toContainText('No free place')
  await expect(page.getByTitle('-a: Not a username')).toBeVisible()
  await page.getByRole('button', { name: `Remove ${full.username}` }).focus()
  await page.keyboard.press('Delete')
  await expect(page.getByRole('button', { name: `Remove ${full.username}` })).toHaveCount(0)
  await expect(field).toBeFocused()
})

test('returning to the tab, or a general refetch, repeats no look-up', async ({ page }) => {
  await page.clock.install()
  const owner = await account()
  const { field, lookUps, lines } = await openShare(page, owner)
  const names = [unique('nobody'), unique('nobody')]
  await field.fill(`${names.join()},`)
  for (const name of names) await expect(lines.filter({ hasText: `${name}: No master account` })).toBeVisible()
  for (let time = 0; time < 3; time++) {
    await page.clock.fastForward('02:00')
    await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')))
  }
  let readAgain = 0
  page.on('response', (response) => {
    if (new URL(response.url()).pathname.endsWith('/shares')) readAgain += 1
  })
  // The message may have come before this page listened.
  await expect
    .poll(async () => {
      await tellPages(owner, 'account', 'share')
      return readAgain
    })
    .toBeGreaterThan(0)
  await field.fill(`${unique('nobody')},`)
  await expect(page.getByTitle(/: Not found$/)).toHaveCount(3)
  expect(lookUps).toHaveLength(3)
})

test('with the look-ups used up the field says so once, and one share a minute is accepted', async ({ page }) => {
  const owner = await account()
  const now = Date.now()
  const data = Array.from({ length: 60 }, (_, index) => ({
    accountId: owner.id,
    username: `gone-${index}`,
    at: new Date(now),
  }))
  await db().unknownLookup.createMany({ data })
  const { field, lines } = await openShare(page, owner)
  const [known, other] = [await account(), await account()]
  await field.fill(`${known.username},${unique('nobody')},${other.username},`)
  await expect(page.getByTitle(/: Not checked$/)).toHaveCount(3)
  await expect(lines.filter({ hasText: 'Too many unknown usernames' })).toHaveCount(1)
  const submit = page.getByRole('button', { name: 'Share Images' })
  await submit.click()
  const refused = page.getByRole('alert').filter({ hasText: 'you can share once a minute' })
  await expect(refused).toBeFocused()
  await page.getByRole('button', { name: /^Remove nobody/ }).click()
  await submit.click()
  await expect(refused).toBeFocused()
  await db().shareTry.update({ where: { accountId: owner.id }, data: { at: new Date(now - 60_000) } })
  await submit.click()
  await expect(page.getByRole('row')).toHaveCount(3)
})
