import { db } from '@/lib/db/client'
import { expectAccessiblePage, looks } from './accessible'
import { account, expect, image, messages, row, share, signIn, test } from './fixtures'

test('a recipient that wants to be asked sees the offer, accepts it, and sees when it ends', async ({
  page,
  context,
  browserPage,
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

  const sharing = await browserPage(owner)
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
  await sharing.close()
})

/** An image with a pending share, whose recipient wants to be asked. */
async function withPending() {
  const [owner, recipient] = [await account(), await account()]
  await db().account.update({ where: { id: recipient.id }, data: { incoming: 'ASK' } })
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  return { owner, recipient, disk }
}

test('a declined share is gone from both sides, and the sharer sees that it was declined', async ({ browserPage }) => {
  const { owner, recipient, disk } = await withPending()
  const sharing = await browserPage(owner)
  await sharing.goto(`/cn-shanghai/images/${disk.id}/share`)
  await expect(row(sharing.getByRole('table'), recipient.username)).toContainText('Waiting for an answer')
  const page = await browserPage(recipient)
  await page.goto('/cn-shanghai/images/shared')
  await page.getByRole('button', { name: `Decline, ${disk.name}` }).click()
  await expect(page.getByText(`${disk.name} from ${owner.username} is declined.`)).toBeVisible()
  await expect(page.getByRole('table').getByText(disk.name)).toHaveCount(0)
  await expect(sharing.getByText(`${recipient.username} declined ${disk.name}`)).toBeVisible()
  await expect(sharing.getByRole('table').getByText(recipient.username)).toHaveCount(0)
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(0)
})

test('without scripts a share is accepted, too', async ({ browserPage }) => {
  const { recipient, disk } = await withPending()
  const page = await browserPage(recipient, { javaScriptEnabled: false })
  await page.goto('/cn-shanghai/images/shared')
  await page.getByRole('button', { name: `Accept, ${disk.name}` }).click()
  const accepted = row(page.getByRole('table'), disk.name)
  await expect(accepted.getByRole('link', { name: disk.name, exact: true })).toBeVisible()
  await expect(accepted).not.toContainText('Waiting for your answer')
})

test.describe('in Chinese', () => {
  test.use({ locale: 'zh-CN' })

  test('the section of incoming images is accessible, also on a phone', async ({ page, context }) => {
    await signIn(context, await account())
    await page.goto('/account')
    await expect(page.getByRole('heading', { name: messages.zh.account.incoming.title })).toBeVisible()
    await expectAccessiblePage(page, 'incoming images', looks.slice(2))
  })
})

test('Incoming for one region can answer there, and does not see the settings of the whole tenant', async ({
  browserPage,
}) => {
  const master = await account()
  const some = await browserPage(await account({ master, grants: [{ policy: 'Incoming', regions: ['cn-shanghai'] }] }))
  await some.goto('/account')
  await expect(some.getByRole('heading', { name: 'Basic Info' })).toBeVisible()
  await expect(some.getByText('Incoming images')).toHaveCount(0)
  const all = await browserPage(await account({ master, grants: [{ policy: 'Incoming', regions: null }] }))
  await all.goto('/account')
  await expect(all.getByRole('heading', { name: 'Incoming images' })).toBeVisible()
})
