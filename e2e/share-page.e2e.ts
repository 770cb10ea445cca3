import { account, expect, expectRow, image, row, share, signIn, test, unique } from './fixtures'

test('of several pasted usernames one is refused with its reason; once it is corrected all are shared at once', async ({
  page,
  context,
}) => {
  const owner = await account()
  const [first, second] = [await account(), await account()]
  const disk = await image(owner)
  await signIn(context, owner)
  await page.goto(`/cn-shanghai/images/${disk.id}/share`)
  const field = page.getByRole('textbox', { name: 'Username' })
  const nobody = unique('nobody')
  await field.fill(`${first.username}, ${nobody},`)
  await field.fill(second.username)
  await field.press('Enter')
  await page.getByRole('button', { name: 'Share Images' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'Nothing was shared' })).toBeFocused()
  await expect(
    page.getByRole('listitem').filter({ hasText: `${nobody}: No master account has this username` }),
  ).toBeVisible()
  await expect(page.getByText('This image is not shared with anybody.')).toBeVisible()
  await page.getByRole('button', { name: `Remove ${nobody}` }).click()
  await page.getByRole('button', { name: 'Share Images' }).click()
  const list = page.getByRole('table')
  await expect(row(list, first.username)).toBeVisible()
  await expect(row(list, second.username)).toBeVisible()
  await expect(field).toHaveValue('')
})

test('a username is looked up while it is typed: exactly, with a masked name and never a list', async ({
  page,
  context,
}) => {
  const owner = await account()
  const recipient = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  await page.goto(`/cn-shanghai/images/${disk.id}/share`)
  await page.getByRole('textbox', { name: 'Username' }).fill(recipient.username)
  await expect(page.getByRole('listitem').filter({ hasText: 'is a master account: T••• T•••••' })).toBeVisible()
})

test('a click beside the username field reaches its target, although leaving the field makes a chip', async ({
  page,
  context,
}) => {
  const owner = await account()
  const recipient = await account()
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  await signIn(context, owner)
  await page.goto(`/cn-shanghai/images/${disk.id}/share`)
  const field = page.getByRole('textbox', { name: 'Username' })
  await field.fill(recipient.username)
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  await page.getByRole('button', { name: 'Keep Sharing' }).click()
  await expect(page.getByRole('button', { name: `Remove ${recipient.username}` })).toBeVisible()
  await expect(field).toHaveValue('')
  await field.fill('nobody-here')
  await page.getByRole('textbox', { name: 'Note (optional)' }).click()
  await expect(page.getByRole('textbox', { name: 'Note (optional)' })).toBeFocused()
  await expect(page.getByRole('button', { name: 'Remove nobody-here' })).toBeVisible()
})

test('the sharer cancels by keyboard, and the dialog explains the consequences', async ({ page, context }) => {
  const owner = await account()
  const recipient = await account()
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  await signIn(context, owner)
  await page.goto(`/cn-shanghai/images/${disk.id}/share`)
  await page.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('alertdialog', { name: `Cancel sharing ${disk.name} with ${recipient.username}?` })
  await expect(dialog.getByRole('listitem')).toHaveCount(3)
  await expect(dialog.getByRole('button', { name: 'Keep Sharing' })).toBeFocused()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByText('This image is not shared with anybody.')).toBeVisible()
})

test('cancelling a share that the other side has ended says so, and the list is updated', async ({ browserPage }) => {
  const owner = await account()
  const recipient = await account()
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const ownerPage = await browserPage(owner)
  const recipientPage = await browserPage(recipient)
  await recipientPage.goto('/cn-shanghai/images/shared')
  await recipientPage.getByRole('button', { name: `Cancel Sharing, ${disk.name}` }).click()
  await ownerPage.goto(`/cn-shanghai/images/${disk.id}/share`)
  await ownerPage.getByRole('button', { name: `Cancel Sharing, ${recipient.username}` }).click()
  await recipientPage.getByRole('alertdialog').getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(recipientPage.getByText('Nobody has shared an image with you')).toBeVisible()
  await ownerPage.getByRole('alertdialog').getByRole('button', { name: 'Cancel Sharing', exact: true }).click()
  await expect(ownerPage.getByRole('alertdialog').getByRole('alert')).toContainText('This share has ended already')
  await ownerPage.getByRole('alertdialog').getByRole('button', { name: 'Keep Sharing' }).click()
  await expect(ownerPage.getByText('This image is not shared with anybody.')).toBeVisible()
})

test('a sub-account shares for its master, and the recipient sees the master', async ({ browserPage }) => {
  const owner = await account()
  const sub = await account({ username: unique('ops'), master: owner })
  const recipient = await account()
  const disk = await image(owner)
  const page = await browserPage(sub)
  await page.goto(`/cn-shanghai/images/${disk.id}/share`)
  await page.getByRole('textbox', { name: 'Username' }).fill(recipient.username)
  await page.getByRole('button', { name: 'Share Images' }).click()
  await expectRow(page.getByRole('table'), recipient.username, { 'Shared by': sub.username })
  const recipientPage = await browserPage(recipient)
  await recipientPage.goto('/cn-shanghai/images/shared')
  await expectRow(recipientPage.getByRole('table'), disk.name, { 'Shared by': owner.username })
  await recipientPage.goto(`/cn-shanghai/images/${disk.id}`)
  await expect(recipientPage.getByText(`${owner.username} shared it with you`)).toBeVisible()
  await expect(recipientPage.getByText(sub.username)).toHaveCount(0)
})

test('an own image under another region’s URL links to its region; for anybody else it is a 404', async ({
  browserPage,
}) => {
  const owner = await account()
  const recipient = await account()
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const page = await browserPage(owner)
  await page.goto(`/cn-shenzhen/images/${disk.id}/share`)
  await page.getByRole('link', { name: 'Open it in China East (Shanghai)' }).click()
  await expect(page).toHaveURL(`/cn-shanghai/images/${disk.id}/share`)
  const recipientPage = await browserPage(recipient)
  for (const path of [
    `/cn-shenzhen/images/${disk.id}`,
    `/cn-shanghai/images/${disk.id}/share`,
    '/cn-shanghai/images/img-0000000000',
    '/xx-nowhere/images/custom',
  ]) {
    expect((await recipientPage.goto(path))?.status(), path).toBe(404)
  }
})
