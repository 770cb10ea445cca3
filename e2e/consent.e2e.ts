import { expectAccessiblePage, looks } from './accessible'
import { account, expect, image, row, signIn, test } from './fixtures'

test('who asks to be asked sees what is offered, accepts it, and is told until when it may be used', async ({
  page,
  context,
  browser,
}) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await signIn(context, recipient)
  await page.goto('/account')
  await page.getByRole('radio', { name: /^Ask me first/ }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByText('Saved.')).toBeVisible()
  await page.reload()
  await expect(page.getByRole('radio', { name: /^Ask me first/ })).toBeChecked()

  const sharer = await browser.newContext()
  await signIn(sharer, owner)
  const sharing = await sharer.newPage()
  await sharing.goto(`/cn-shanghai/images/${disk.id}/share`)
  await sharing.getByRole('textbox', { name: 'Username' }).fill(recipient.username)
  await sharing.getByRole('combobox', { name: 'Until' }).selectOption('7')
  await sharing.getByRole('button', { name: 'Share Images' }).click()
  const given = row(sharing.getByRole('table'), recipient.username)
  await expect(given).toContainText('Waiting for an answer')

  await page.goto('/cn-shanghai/images/shared')
  const offered = row(page.getByRole('table'), disk.name)
  await expect(offered.getByRole('link', { name: disk.name })).toHaveCount(0)
  await expect(offered.getByRole('link', { name: /^Create Instance/ })).toHaveCount(0)
  expect((await page.request.get(`/cn-shanghai/images/${disk.id}`)).status()).toBe(404)
  await expectAccessiblePage(page, 'a pending share', looks)
  await offered.getByRole('button', { name: `Accept, ${disk.name}` }).click()
  await expect(
    row(page.getByRole('table'), disk.name).getByRole('link', { name: disk.name, exact: true }),
  ).toBeVisible()
  await expect(row(page.getByRole('table'), disk.name)).toContainText('Until')
  await sharing.reload()
  await expect(given).not.toContainText('Waiting for an answer')
  await sharer.close()
})
