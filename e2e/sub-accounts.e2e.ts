import { db } from '@/lib/db/client'
import { expectAccessible, expectAccessiblePage, looks } from './accessible'
import { type Account, account, act, expect, longest, messages, password, row, signIn, test, unique } from './fixtures'
import { waitForScripts } from './wait-for-scripts'

const list = '/account/sub-accounts'

// Off, because a trace copies the page for every step of axe.
test.use({ trace: 'off' })

test('a master creates a sub-account that may share in one region, gives it more policies, and disables it while it is signed in', async ({
  page,
  context,
  browser,
}) => {
  const master = await account()
  const name = `ops@${master.username}`
  await signIn(context, master)
  await page.goto('/account')
  await page.getByRole('link', { name: 'Manage Sub-accounts' }).click()
  await expect(page.getByText('No sub-accounts')).toBeVisible()
  await page.getByRole('link', { name: 'Create Sub-account' }).click()
  await page.getByLabel('Login name').fill('Ops')
  await page.getByLabel('Password', { exact: true }).fill('too short')
  await page.getByRole('checkbox', { name: 'China East (Shanghai), Sharing' }).check()
  await page.getByRole('button', { name: 'Create Sub-account' }).click()
  await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create Sub-account' }).click()
  const made = row(page.getByRole('table'), name)
  await expect(made).toContainText('Sharing: China East (Shanghai)')
  await expect(made).toContainText('None recorded')

  const theirs = await browser.newContext()
  waitForScripts(theirs)
  const ops = await theirs.newPage()
  await ops.goto('/sign-in')
  await ops.getByLabel('Username').fill(name)
  await ops.getByLabel('Password', { exact: true }).fill(password)
  await ops.getByRole('button', { name: 'Sign in' }).click()
  await expect(ops.getByRole('button', { name: `Account menu, ${name}` })).toBeVisible()
  await ops.goto('/cn-shenzhen/images/custom')
  await expect(ops.getByRole('heading', { name: 'Not permitted' })).toBeVisible()

  await made.getByRole('link', { name: `Attach Policies, ${name}` }).click()
  await expect(page.getByRole('checkbox', { name: 'China East (Shanghai), Sharing' })).toBeChecked()
  await page.getByRole('checkbox', { name: 'All regions, Images full' }).check()
  await page.getByRole('button', { name: 'Attach Policies' }).click()
  await expect(page.getByText('Policies saved.')).toBeVisible()
  await expect(page.getByRole('checkbox', { name: 'All regions, Images full' })).toBeChecked()
  await ops.goto('/cn-shenzhen/images/custom')
  await expect(ops.getByRole('heading', { level: 1, name: 'Images' })).toBeVisible()

  await page.getByRole('link', { name: 'Sub-accounts' }).click()
  await page.getByRole('button', { name: `Disable, ${name}` }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click()
  await expect(page.getByText(`${name} is disabled and was signed out.`)).toBeVisible()
  await expect(made).toContainText('Disabled')
  await ops.goto('/cn-shenzhen/images/custom')
  await expect(ops).toHaveURL(/\/sign-in/)
  await page.getByRole('button', { name: `Enable, ${name}` }).click()
  await expect(made).toContainText('Enabled')
  await theirs.close()
})

test('without scripts a sub-account is created, given policies and a password, and disabled', async ({
  browserPage,
}) => {
  const master = await account()
  const page = await browserPage(master, { javaScriptEnabled: false })
  await page.goto(`${list}/create`)
  await page.getByLabel('Login name').fill('ops')
  await page.getByLabel('Display name').fill('Operations')
  await page.getByRole('checkbox', { name: 'All regions, Sharing' }).check()
  await page.getByRole('button', { name: 'Create Sub-account' }).click()
  await expect(page.getByLabel('Password', { exact: true })).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByLabel('Display name')).toHaveValue('Operations')
  await expect(page.getByRole('checkbox', { name: 'All regions, Sharing' })).toBeChecked()
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Create Sub-account' }).click()
  await expect(row(page.getByRole('table'), `ops@${master.username}`)).toContainText('Sharing')
  const sub = await db().account.findUniqueOrThrow({ where: { username: `ops@${master.username}` } })
  await page.getByRole('link', { name: /^Attach Policies/ }).click()
  await page.getByRole('checkbox', { name: 'All regions, Sharing' }).uncheck()
  await page.getByRole('button', { name: 'Attach Policies' }).click()
  await expect(page.getByText('Policies saved.')).toBeVisible()
  await expect(page.getByRole('checkbox', { name: 'All regions, Sharing' })).not.toBeChecked()
  expect(await db().attachedPolicy.count({ where: { accountId: sub.id } })).toBe(0)
  await page.getByLabel('New password').fill('another password of the tests')
  await page.getByRole('button', { name: 'Reset Password' }).click()
  await expect(page.getByText(`ops@${master.username} has a new password`)).toBeVisible()
  expect(await page.content()).not.toContain('another password of the tests')
  await page.getByRole('button', { name: 'Disable' }).click()
  await expect(page.getByText(`ops@${master.username} is disabled and cannot sign in.`)).toBeVisible()
  await page.getByRole('button', { name: 'Enable' }).click()
  await expect(page.getByRole('button', { name: 'Disable' })).toBeVisible()
})

test('an Administrator cannot manage sub-accounts: no link leads there, and page, route and actions refuse it', async ({
  browserPage,
  requestAs,
}) => {
  const master = await account()
  const [admin, other] = [await account({ master }), await account({ master })]
  const page = await browserPage(admin)
  await page.goto('/account')
  await expect(page.getByRole('heading', { name: 'Basic Info' })).toBeVisible()
  await expect(page.getByRole('link', { name: 'Manage Sub-accounts' })).toHaveCount(0)
  for (const path of [list, `${list}/create`, `${list}/${other.id}`]) {
    await page.goto(path)
    await expect(page.getByRole('heading', { name: 'Not permitted' })).toBeVisible()
  }
  const client = await requestAs(admin)
  expect((await client.get('/api/sub-accounts')).status()).toBe(403)
  const refused = { ok: false, refusal: { code: 'NOT_PERMITTED', policy: null, region: null } }
  expect(await act(client, 'disableSubAccountAction', { accountId: other.id })).toEqual(refused)
  const stranger = await browserPage(await account())
  expect((await stranger.goto(`${list}/${other.id}`))?.status()).toBe(404)
})

/** Some sub-accounts, including one with the longest names and every policy in every region. */
async function withSubs(): Promise<Account> {
  const master = await account({ username: longest('m', 32) })
  const regions = ['cn-shanghai', 'cn-shenzhen']
  const long = await account({
    master,
    username: longest('w', 32),
    grants: [
      { policy: 'ImagesFull', regions },
      { policy: 'Sharing', regions: null },
      { policy: 'InstancesFull', regions },
    ],
  })
  await db().account.update({
    where: { id: long.id },
    data: { displayName: longest('W', 64), lastSignInAt: new Date() },
  })
  const old = await account({ master, username: unique('ops'), grants: [] })
  await db().account.update({ where: { id: old.id }, data: { disabledAt: new Date() } })
  return master
}

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en.subAccounts, some: looks },
  { locale: 'zh-CN', t: messages.zh.subAccounts, some: looks.slice(2) },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()

    test('the pages of sub-accounts are accessible empty, filled, refused and with the dialog', async ({
      page,
      context,
    }) => {
      await signIn(context, await account())
      await page.goto(list)
      await expect(page.getByText(t.empty)).toBeVisible()
      await expectAccessiblePage(page, 'sub-accounts, empty', some)
      await context.clearCookies()
      await signIn(context, await withSubs())
      await page.goto(list)
      await expectAccessiblePage(page, 'sub-accounts', some)
      await page.getByRole('button', { name: t.disable }).first().click()
      await expect(page.getByRole('alertdialog')).toBeVisible()
      await expectAccessible(page, 'disabling a sub-account', some)
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: t.attach }).first().click()
      await expect(page.getByRole('checkbox').first()).toBeVisible()
      await expectAccessiblePage(page, 'a sub-account', some)
      await page.goto(`${list}/create`)
      await page.getByRole('button', { name: t.create }).click()
      await expect(page.getByRole('alert').filter({ hasText: /\S/ })).toHaveCount(2)
      await expectAccessiblePage(page, 'a new sub-account, refused', some)
    })
  })
}
