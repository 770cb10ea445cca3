import { account, expect, imageRows, messages, plainRegion, regions, share, signIn, test } from './fixtures'

const [shanghai, shenzhen] = regions

test("the first visit opens the first region with content, and the picker shows each region's content", async ({
  page,
  context,
}) => {
  const [owner, sharer] = [await account(), await account()]
  await imageRows(owner, [{ regionId: 'cn-shenzhen' }, { regionId: 'cn-shenzhen' }])
  const [lent] = await imageRows(sharer, [{ regionId: 'cn-shenzhen' }])
  if (lent) await share(sharer, lent, [owner])
  await signIn(context, owner)
  await page.goto('/')
  await expect(page).toHaveURL('/cn-shenzhen/images/custom')
  const picker = page.getByRole('combobox', { name: 'Region' })
  await picker.click()
  await expect(page.getByRole('option', { name: shenzhen?.name })).toContainText('2 images, 1 new share')
  const nothing = page.getByRole('option', { name: shanghai?.name })
  await expect(nothing).toHaveText(`${shanghai?.name}${shanghai?.id}`)
  await nothing.click()
  await expect(page).toHaveURL('/cn-shanghai/images/custom')
  // Another region has an unseen share, which the closed picker shows too.
  await expect(page.getByRole('img', { name: messages.en.regions.news })).toBeVisible()
  await page.goto('/')
  await expect(page, 'the region used last').toHaveURL('/cn-shanghai/images/custom')
})

test('an empty tab links to where the account has images', async ({ page, context }) => {
  const [owner, sharer] = [await account(), await account()]
  await imageRows(owner, [{ regionId: 'cn-shenzhen' }])
  const [lent] = await imageRows(sharer, [{}])
  if (lent) await share(sharer, lent, [owner])
  await signIn(context, owner)
  await page.goto('/cn-shanghai/images/custom')
  const here = page.getByRole('main').getByRole('listitem').filter({ hasText: '1 new share' })
  await here.getByRole('link', { name: shanghai?.name }).click()
  await expect(page).toHaveURL('/cn-shanghai/images/shared')
  await page.goto('/cn-shanghai/images/custom')
  await page.getByRole('main').getByRole('link', { name: shenzhen?.name }).click()
  await expect(page).toHaveURL('/cn-shenzhen/images/custom')
  await page.goto('/cn-shenzhen/images/shared')
  await expect(page.getByRole('main').getByRole('listitem').filter({ hasText: '1 image' })).toBeVisible()
})

test('regions have their Chinese names in Chinese, and their other names if they have none', async ({
  page,
  context,
}) => {
  const owner = await account()
  const [, there] = await imageRows(owner, [{}, { regionId: 'cn-shenzhen' }])
  await signIn(context, owner)
  await context.addCookies([{ name: 'ecs-locale', value: 'zh', url: process.env.NEXTAUTH_URL }])
  await page.goto('/cn-shanghai/images/custom')
  const picker = page.getByRole('combobox', { name: messages.zh.shell.region })
  await expect(picker).toHaveText('华东（上海）')
  await expect(page.getByRole('table')).toHaveAccessibleName(/华东（上海）/)
  await picker.click()
  await expect(page.getByRole('option', { name: '华南（深圳）' })).toContainText('1 个镜像')
  await expect(page.getByRole('option', { name: plainRegion.name })).toBeVisible()
  await page.keyboard.press('Escape')
  await page.goto(`/cn-shanghai/images/${there?.id}`)
  await expect(page.getByRole('link', { name: '在 华南（深圳） 中打开' })).toBeVisible()
  await page.goto(`/cn-shenzhen/images/${there?.id}`)
  await expect(page.getByRole('definition').filter({ hasText: 'cn-shenzhen' })).toContainText('华南（深圳）')
  await page.goto('/account')
  await expect(page.getByRole('meter', { name: '华东（上海）' })).toBeVisible()
})
