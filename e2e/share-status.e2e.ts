import { account, ask, expect, image, row, share, test } from './fixtures'

// What a page says about a share: that it was created, and when the other side ends it.

const region = 'cn-shanghai'

test('a share is confirmed, and its new rows are marked and scrolled to, also on a phone', async ({ browserPage }) => {
  const owner = await account()
  const [first, second, held] = [await account(), await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [held])
  const page = await browserPage(owner)
  await page.setViewportSize({ width: 390, height: 800 })
  await page.goto(`/${region}/images/${disk.id}/share`)
  await page.getByRole('textbox', { name: 'Username' }).fill(`${first.username}, ${second.username},`)
  await page.getByRole('button', { name: 'Share Images' }).click()
  const status = page.getByRole('status').filter({ hasText: 'Shared with 2 accounts.' })
  await expect(status).toBeInViewport()
  const list = page.getByRole('table')
  for (const { username } of [first, second]) {
    await expect(row(list, username).getByText('Just added', { exact: true })).toBeVisible()
  }
  await expect(row(list, held.username).getByText('Just added')).toHaveCount(0)
  await status.getByRole('link', { name: 'Show in the list' }).click()
  await expect(row(list, [first.username, second.username].sort()[0] ?? '')).toBeInViewport()
  await page.getByRole('textbox', { name: 'Username' }).fill('someone,')
  await expect(status).toHaveCount(0)
})

test('a recipient on the details page learns who stopped sharing the image and when; nobody else does', async ({
  browserPage,
  requestAs,
}) => {
  const owner = await account()
  const [recipient, stranger] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const [page, theirs] = [await browserPage(owner), await browserPage(recipient)]
  await theirs.goto(`/${region}/images/${disk.id}`)
  await expect(theirs.getByRole('heading', { level: 1, name: disk.name })).toBeVisible()
  await page.goto(`/${region}/images/${disk.id}/share`)
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  await page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  const told = new RegExp(`^${owner.username} stopped sharing ${disk.name} with you at .*\\d.*\\.$`)
  const heading = theirs.getByRole('heading', { level: 1, name: 'This image is no longer shared with you' })
  await expect(heading).toBeFocused()
  await expect(theirs.getByText(told)).toBeVisible()
  // For a former recipient the page is a 404, as for everybody, with the same text.
  expect((await theirs.goto(`/${region}/images/${disk.id}`))?.status()).toBe(404)
  await expect(theirs.getByText(told)).toBeVisible()
  await theirs.getByRole('link', { name: 'Go to Shared Images' }).click()
  await expect(theirs).toHaveURL(new RegExp(`/${region}/images/shared$`))
  const strangers = await browserPage(stranger)
  expect((await strangers.goto(`/${region}/images/${disk.id}`))?.status()).toBe(404)
  await expect(strangers.getByRole('heading', { level: 1, name: 'Page not found' })).toBeVisible()
  const client = await requestAs(stranger)
  const { status, body } = await ask(client, `/api/ended-shares?region=${region}&imageId=${disk.id}`)
  expect([status, body]).toEqual([200, '[]'])
})

test('list and history show the owner which account returned an image', async ({ browserPage }) => {
  const owner = await account()
  const [recipient, other] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient, other])
  const [page, theirs] = [await browserPage(owner), await browserPage(recipient)]
  await page.goto(`/${region}/images/${disk.id}/share`)
  await expect(row(page.getByRole('table'), recipient.username)).toBeVisible()
  await theirs.goto(`/${region}/images/shared`)
  await theirs.getByRole('button', { name: `Cancel Sharing, ${disk.name}` }).click()
  await theirs.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  const told = page.getByRole('status').filter({ hasText: `${recipient.username} gave ${disk.name} back at ` })
  await expect(told).toBeVisible()
  await page.getByRole('button', { name: `Cancel Sharing, ${other.username}` }).click()
  await page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(page.getByText('This image is not shared with anybody.')).toBeVisible()
  await expect(told.getByRole('listitem')).toHaveCount(1)
  await told.getByRole('button', { name: 'Dismiss' }).click()
  await expect(told).toHaveCount(0)
  await page.goto(`/${region}/images/${disk.id}`)
  const history = page.getByRole('region', { name: 'History' })
  await expect(history.getByText(`${recipient.username} gave it back`)).toBeVisible()
  await expect(history.getByText(`${owner.username} cancelled sharing with ${other.username}`)).toBeVisible()
})

test('a recipient whose row disappears from the Shared Images tab sees who cancelled the share', async ({
  browserPage,
}) => {
  const owner = await account()
  const recipient = await account()
  const [disk, other] = [await image(owner), await image(owner)]
  for (const one of [disk, other]) await share(owner, one, [recipient])
  const [page, theirs] = [await browserPage(owner), await browserPage(recipient)]
  await theirs.goto(`/${region}/images/shared`)
  await expect(row(theirs.getByRole('table'), disk.name)).toBeVisible()
  await page.goto(`/${region}/images/${disk.id}/share`)
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  await page.getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  const told = theirs
    .getByRole('status')
    .filter({ hasText: `${owner.username} stopped sharing ${disk.name} with you at ` })
  await expect(told).toBeVisible()
  await expect(row(theirs.getByRole('table'), other.name)).toBeVisible()
})
