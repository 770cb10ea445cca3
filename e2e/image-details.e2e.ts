import { db } from '@/lib/db/client'
import { account, expect, expectRow, image, messages, row, share, signIn, test, unique } from './fixtures'

const region = 'cn-shanghai'
const listUrl = `/${region}/images/custom`
const pageOf = (disk: { id: string }) => `/${region}/images/${disk.id}`

test('the owner sees every field, the recipients and the history; a recipient only its own part', async ({
  browserPage,
}) => {
  const [owner, recipient, other] = [await account(), await account(), await account()]
  const disk = await image(owner, { os: 'Debian 12' })
  await share(owner, disk, [recipient, other], 'as we spoke of')
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: disk.id } })
  const page = await browserPage(owner)
  await page.goto(pageOf(disk))
  const details = page.getByRole('region', { name: 'Details' })
  for (const text of [disk.id, region, 'Debian 12', 'x86_64', 'qcow2', '4 MiB', 'Imported', sha256 ?? '']) {
    await expect(details.getByRole('definition').filter({ hasText: text }).first(), text).toBeVisible()
  }
  const holders = page.getByRole('region', { name: 'Shared with 2 / 20' })
  for (const holder of [recipient, other]) await expect(holders.getByRole('listitem')).toContainText([holder.username])
  await expect(page.getByRole('region', { name: 'History' }).getByRole('listitem')).toHaveText([
    new RegExp(`shared it with (${recipient.username}|${other.username})`),
    new RegExp(`shared it with (${recipient.username}|${other.username})`),
    /The disk was received and checked/,
    new RegExp(`${owner.username} began the import`),
  ])
  const theirs = await browserPage(recipient)
  await theirs.goto(pageOf(disk))
  const part = theirs.getByRole('region', { name: 'Details' })
  for (const text of [disk.id, owner.username, 'as we spoke of', '4 MiB']) {
    await expect(part.getByRole('definition').filter({ hasText: text }).first(), text).toBeVisible()
  }
  await expect(theirs.getByText(sha256 ?? '')).toHaveCount(0)
  await expect(theirs.getByText(other.username)).toHaveCount(0)
  await expect(theirs.getByRole('region', { name: 'History' }).getByRole('listitem')).toHaveCount(1)
  for (const name of ['Edit', /^Delete/]) await expect(theirs.getByRole('button', { name })).toHaveCount(0)
  await expect(theirs.getByRole('main').getByRole('link', { name: 'Shared Images' })).toHaveCount(0)
})

test('name and description are edited on the page, appear everywhere, and markup is shown as typed', async ({
  page,
  context,
}) => {
  const owner = await account()
  const disk = await image(owner)
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  await signIn(context, owner)
  await page.goto(pageOf(disk))
  await page.getByRole('button', { name: 'Edit' }).click()
  const name = unique('数据库 (v2.1)_+')
  const markup = '<script>alert(1)</script>\n<img src=x onerror=alert(2)> & "quotes"'
  await page.getByLabel('Name', { exact: true }).fill(`  ${name} `)
  await page.getByLabel('Description', { exact: true }).fill(markup)
  await page.getByRole('button', { name: 'Save Changes' }).click()
  await expect(page.getByRole('heading', { level: 1, name, exact: true })).toBeVisible()
  await expect(page.getByRole('definition').filter({ hasText: '<script>alert(1)</script>' })).toHaveText(markup)
  await page.reload()
  await expect(page.getByRole('definition').filter({ hasText: '<img src=x onerror=alert(2)>' })).toBeVisible()
  await expect(page.getByRole('img', { name: 'x' })).toHaveCount(0)
  await expect(page.getByRole('listitem').filter({ hasText: 'changed the details' })).toBeVisible()
  await page.goto(listUrl)
  await expect(row(page.getByRole('table'), name)).toBeVisible()
  expect(dialogs).toEqual([])
})

test("operating system, boot mode and minimums are edited on the page, never below the disk's size", async ({
  page,
  context,
}) => {
  const owner = await account()
  const disk = await image(owner)
  await db().image.update({ where: { id: disk.id }, data: { virtualSize: 20n * 2n ** 30n, minDiskGib: null } })
  await signIn(context, owner)
  await page.goto(pageOf(disk))
  const details = page.getByRole('region', { name: 'Details' })
  await expect(details.getByText('Not known')).toHaveCount(3)
  await page.getByRole('button', { name: 'Edit' }).click()
  const least = page.getByLabel('Minimum disk (GiB)', { exact: true })
  await expect(least).toHaveAccessibleDescription(/^At least 20/)
  await page.getByLabel('Operating system', { exact: true }).fill('Debian 12 (bookworm)')
  await page.getByLabel('Boot mode', { exact: true }).selectOption('UEFI')
  await page.getByLabel('Minimum memory (MiB)', { exact: true }).fill('2048')
  // Without `min`: the browser would refuse the number, and this is about the server's rule.
  await least.evaluate((field) => field.removeAttribute('min'))
  await least.fill('19')
  await page.getByRole('button', { name: 'Save Changes' }).click()
  await expect(least).toHaveAccessibleDescription(/The disk itself takes 20 GiB/)
  await expect(least).toHaveAttribute('aria-invalid', 'true')
  await least.fill('40')
  await page.getByRole('button', { name: 'Save Changes' }).click()
  for (const text of ['Debian 12 (bookworm)', 'UEFI', '40 GiB', '2,048 MiB'])
    await expect(details.getByRole('definition').filter({ hasText: text }), text).toBeVisible()
  await expect(details.getByText('Not known')).toHaveCount(0)
})

test('a name with hidden characters, markup or emoji is refused beside its field, which keeps the input', async ({
  browserPage,
}) => {
  const owner = await account()
  const disk = await image(owner)
  const page = await browserPage(owner)
  await page.goto(pageOf(disk))
  await page.getByRole('button', { name: 'Edit' }).click()
  const field = page.getByLabel('Name', { exact: true })
  const description = page.getByLabel('Description', { exact: true })
  await description.fill('kept')
  for (const bad of [
    'a\u0007b',
    '\u202egnp.exe',
    'a\u200bb',
    'disk 🎉',
    'a❤️b',
    '<script>alert(1)</script>',
    "'; DROP --",
  ]) {
    await field.fill(bad)
    await page.getByRole('button', { name: 'Save Changes' }).click()
    await expect(field, JSON.stringify(bad)).toHaveAccessibleDescription(/^Some characters cannot be used here/)
    await expect(field).toHaveAttribute('aria-invalid', 'true')
    await expect(field).toHaveValue(bad)
    await field.fill('mended')
  }
  await field.fill('   ')
  await page.getByRole('button', { name: 'Save Changes' }).click()
  await expect(field).toHaveAccessibleDescription('Required. Fill it in.')
  await field.fill('fine')
  await description.fill('a\u202eb')
  await page.getByRole('button', { name: 'Save Changes' }).click()
  await expect(description).toHaveAccessibleDescription(/^Some characters cannot be used here/)
  await expect(field).not.toHaveAttribute('aria-invalid', 'true')
  expect(await db().image.findUnique({ where: { id: disk.id } })).toMatchObject({ name: disk.name, description: '' })
})

test('an image without recipients is deleted after one question, restored from the recycle bin, and deleted for good', async ({
  page,
  context,
}) => {
  const owner = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  await page.goto(listUrl)
  await page.getByRole('button', { name: `Delete, ${disk.name}` }).click()
  const dialog = page.getByRole('alertdialog', { name: `Delete ${disk.name}?` })
  await expect(dialog.getByRole('textbox')).toHaveCount(0)
  await expect(dialog.getByRole('button', { name: 'Keep Image' })).toBeFocused()
  await dialog.getByRole('button', { name: 'Keep Image' }).click()
  await expect(row(page.getByRole('table'), disk.name)).toContainText('Available')
  await page.getByRole('button', { name: `Delete, ${disk.name}` }).click()
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(page.getByText(`${disk.name} is in the recycle bin.`)).toBeVisible()
  await expect(page.getByText('You have no images in this region yet.')).toBeVisible()
  await page.getByRole('link', { name: 'Recycle bin (1)' }).click()
  await expect(row(page.getByRole('table'), disk.name)).toContainText('Deleted')
  await page.getByRole('button', { name: `Restore, ${disk.name}` }).click()
  await expect(page.getByText('The recycle bin is empty.')).toBeVisible()
  await page.goto(pageOf(disk))
  await page.getByRole('button', { name: `Delete, ${disk.name}` }).click()
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(page).toHaveURL(listUrl)
  await page.goto(pageOf(disk))
  await expect(page.getByText('This image is in the recycle bin')).toBeVisible()
  await page.getByRole('button', { name: `Delete for Good, ${disk.name}` }).click()
  const forGood = page.getByRole('alertdialog', { name: `Delete ${disk.name} for good?` })
  await forGood.getByRole('button', { name: 'Delete for Good', exact: true }).click()
  await expect(page.getByText('You have no images in this region yet.')).toBeVisible()
  await expect(page.getByRole('link', { name: /^Recycle bin/ })).toHaveCount(0)
  expect(await db().image.findUnique({ where: { id: disk.id } })).toBeNull()
  expect((await page.goto(pageOf(disk)))?.status()).toBe(404)
})

test('deleting a shared image names its recipients, asks to type its name, and takes it from all of them', async ({
  browserPage,
}) => {
  const owner = await account()
  const recipients = [await account(), await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, recipients.slice(0, 2))
  const page = await browserPage(owner)
  const theirs = await browserPage(recipients[0] ?? owner)
  await theirs.goto(`/${region}/images/shared`)
  await expect(row(theirs.getByRole('table'), disk.name)).toBeVisible()
  await page.goto(listUrl)
  await expectRow(page.getByRole('table'), disk.name, { 'Shared with': '2 / 20' })
  // The list may be older than the last share; the question must not be.
  await share(owner, disk, recipients.slice(2))
  await page.getByRole('button', { name: `Delete, ${disk.name}` }).click()
  const dialog = page.getByRole('alertdialog', { name: `Cancel all sharing and delete ${disk.name}?` })
  await expect(dialog.getByText('It is shared with 3 accounts, who lose it at once:')).toBeVisible()
  for (const { username } of recipients)
    await expect(dialog.getByRole('listitem').filter({ hasText: username })).toBeVisible()
  const confirm = dialog.getByRole('button', { name: 'Cancel all sharing and delete' })
  const typed = dialog.getByLabel('Type the image’s name to confirm')
  for (const wrong of ['', `${disk.name}x`]) {
    await typed.fill(wrong)
    await confirm.click()
    await expect(typed).toHaveAccessibleDescription(/This is not the name of the image/)
    // The first refusal is still shown while the second try is pending.
    await expect(confirm).not.toHaveAttribute('aria-disabled', 'true')
  }
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(3)
  await typed.fill(disk.name)
  await typed.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(page.getByText('You have no images in this region yet.')).toBeVisible()
  await expect(theirs.getByText('Nobody has shared an image with you in this region.')).toBeVisible()
  expect((await theirs.goto(pageOf(disk)))?.status()).toBe(404)
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(0)
})

test('returning or deleting an image on its page opens the list, and never says that it is missing', async ({
  browserPage,
}) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  for (const [who, ask, confirm, list] of [
    [recipient, 'Cancel Sharing', 'Cancel Sharing', 'shared'],
    [owner, 'Delete', 'Delete', 'custom'],
  ] as const) {
    const page = await browserPage(who)
    await page.goto(pageOf(disk))
    const headings = await page.evaluateHandle(() => {
      const seen = new Set<string>()
      const look = () => {
        for (const heading of document.getElementsByTagName('h1')) seen.add(heading.textContent ?? '')
      }
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true })
      return seen
    })
    await page.getByRole('button', { name: `${ask}, ${disk.name}` }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: confirm, exact: true }).click()
    await expect(page).toHaveURL(`/${region}/images/${list}`)
    await expect(page.getByRole('heading', { level: 1, name: 'Images' })).toBeVisible()
    expect.soft(await headings.evaluate((seen) => [...seen]), ask).not.toContain('Page not found')
  }
})

test("an open page says within 10 s that the image's share was cancelled", async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const theirs = await browserPage(recipient)
  // By the page's clock: how fast a busy machine answers is not promised.
  await theirs.clock.install()
  await theirs.goto(pageOf(disk))
  await expect(theirs.getByRole('heading', { level: 1, name: disk.name })).toBeVisible()
  await theirs.clock.pauseAt(Date.now() + 60_000)
  const page = await browserPage(owner)
  await page.goto(`${pageOf(disk)}/share`)
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(page.getByText('This image is not shared with anybody.')).toBeVisible()
  await theirs.clock.runFor(10_000)
  const ended = theirs.getByRole('heading', { level: 1, name: messages.en.ended.title })
  // The answer to a poll before that is shown once it arrives, through timers of 0 ms.
  await expect(async () => {
    await theirs.clock.runFor(1)
    await expect(ended).toBeVisible({ timeout: 500 })
  }).toPass()
  await expect(theirs.getByRole('main')).toContainText(owner.username)
})

test("a page that changes an image links, under another region's URL, to the same page in the image’s region", async ({
  browserPage,
}) => {
  const [owner, stranger] = [await account(), await account()]
  const disk = await image(owner)
  const [page, theirs] = [await browserPage(owner), await browserPage(stranger)]
  for (const what of ['edit', 'deprecate', 'tags']) {
    const elsewhere = `/cn-shenzhen/images/${disk.id}/${what}`
    await page.goto(elsewhere)
    await expect(page.getByRole('heading', { level: 1, name: 'This image is in another region' })).toBeVisible()
    await expect(page.getByRole('link', { name: /^Copy/ })).toHaveAttribute('href', /copy\?to=cn-shenzhen$/)
    await page.getByRole('link', { name: 'Open it in China East (Shanghai)' }).click()
    await expect(page).toHaveURL(`/cn-shanghai/images/${disk.id}/${what}`)
    await expect(page.getByRole('heading', { level: 1, name: 'This image is in another region' })).toHaveCount(0)
    expect((await theirs.goto(elsewhere))?.status()).toBe(404)
  }
})
