import { db } from '@/lib/db/client'
import { expectAccessiblePage, looks } from './accessible'
import { account, expect, image, longest, messages, row, share, signIn, test } from './fixtures'

// Off, because a trace copies the page for every step of axe.
test.use({ trace: 'off' })

const region = 'cn-shanghai'

test('a deprecated image is marked for its recipient, names its replacement, and creates no instance after its day', async ({
  browserPage,
}) => {
  const [owner, recipient, other] = [await account(), await account(), await account()]
  const [old, next] = [await image(owner), await image(owner)]
  await share(owner, old, [recipient, other])
  const page = await browserPage(owner)
  await page.goto(`/${region}/images/${old.id}`)
  await page.getByRole('link', { name: 'Deprecate' }).click()
  await page.getByLabel('Last day').fill('2099-12-31')
  await page.getByLabel('Replacement').fill('img-0000000000')
  await page.getByRole('button', { name: 'Deprecate' }).click()
  await expect(page.getByLabel('Replacement')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('Replacement').fill(next.id)
  await page.getByRole('button', { name: 'Deprecate' }).click()
  await expect(page.getByText(`${old.name} is deprecated`)).toBeVisible()
  await expect(page.getByRole('link', { name: next.name, exact: true })).toBeVisible()
  await page.getByText(`${owner.username} deprecated the image`).click()
  await expect(page.getByRole('listitem').filter({ hasText: new RegExp(`^${other.username}$`) })).toBeVisible()
  await page.goto(`/${region}/images/custom`)
  await expect(row(page.getByRole('table'), old.name)).toContainText('Deprecated')

  const theirs = await browserPage(recipient)
  await theirs.goto('/notices')
  await theirs.getByRole('link', { name: `${owner.username} deprecated ${old.name}` }).click()
  await expect(theirs.getByText(`${old.name} is deprecated`)).toBeVisible()
  await expect(theirs.getByText(next.name)).toBeVisible()
  await expect(theirs.getByRole('link', { name: next.name })).toHaveCount(0)
  await theirs.goto(`/${region}/images/shared`)
  await expect(row(theirs.getByRole('table'), old.name)).toContainText('Deprecated')
  await theirs.goto(`/${region}/instances/create?image=${old.id}`)
  await expect(theirs.getByText('Last day to create instances from it: December 31, 2099.')).toBeVisible()
  await db().image.update({ where: { id: old.id }, data: { retiresAt: new Date() } })
  await theirs.getByRole('button', { name: 'Create Instance' }).click()
  await expect(theirs.getByText(/can no longer be used for new instances: its last day was/)).toBeVisible()
  expect(await db().instance.count({ where: { imageId: old.id } })).toBe(0)
})

test('without scripts an image is deprecated, and the deprecation is withdrawn', async ({ browserPage }) => {
  const owner = await account()
  const old = await image(owner)
  const page = await browserPage(owner, { javaScriptEnabled: false })
  await page.goto(`/${region}/images/${old.id}/deprecate`)
  await page.getByRole('button', { name: 'Deprecate' }).click()
  await expect(page.getByText('Its owner recommends against creating new instances from it.')).toBeVisible()
  await page.getByRole('link', { name: 'Edit Deprecation' }).click()
  await page.getByRole('button', { name: 'Withdraw Deprecation' }).click()
  await expect(page.getByRole('heading', { level: 1, name: old.name })).toBeVisible()
  await expect(page.getByText(`${old.name} is deprecated`)).toHaveCount(0)
})

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en.deprecation, some: looks },
  { locale: 'zh-CN', t: messages.zh.deprecation, some: looks.slice(2) },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()

    test('deprecating an image, and a retired image, are accessible', async ({ page, context }) => {
      const owner = await account()
      const [old, next] = [
        await image(owner, { name: longest('W', 128) }),
        await image(owner, { name: longest('W', 128) }),
      ]
      const said = { deprecatedAt: new Date(), retiresAt: new Date(), replacementId: next.id }
      await db().image.update({ where: { id: old.id }, data: said })
      await signIn(context, owner)
      await page.goto(`/${region}/images/${old.id}/deprecate`)
      await expect(page.getByText(t.withdrawText)).toBeVisible()
      await expectAccessiblePage(page, 'deprecating an image', some)
      await page.goto(`/${region}/images/${old.id}`)
      await expect(page.getByText(t.retiredTitle.replace('{name}', old.name))).toBeVisible()
      await expectAccessiblePage(page, 'an image that is out of use', some)
    })
  })
}
