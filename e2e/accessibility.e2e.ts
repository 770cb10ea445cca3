import { db } from '@/lib/db/client'
import { expectAccessible, expectAccessiblePage, looks } from './accessible'
import {
  type Account,
  account,
  expect,
  image,
  imageRows,
  longest,
  messages,
  row,
  share,
  signIn,
  test,
} from './fixtures'

const region = 'cn-shanghai'

// Off, because a trace copies the page for every step of axe.
test.use({ trace: 'off' })

/**
 * While a list of choices is open, Radix hides everything else from screen readers and traps the focus (keyboard.e2e.ts checks
 * that), but axe recognises a focus trap only in a dialog. Checked on 2026-11-24 with radix-ui 1.8.1.
 */
const notWhileChoosing = ['aria-hidden-focus']

/** Three recipients with the longest names and the longest image name, all without a space at which a line could break. */
async function longestImage(owner: Account) {
  const disk = await image(owner, { name: longest('W', 128), os: longest('M', 64) })
  await db().image.update({ where: { id: disk.id }, data: { description: longest('W', 500) } })
  const recipients = [await account(), await account({ username: longest('m', 32) }), await account()]
  const sub = await account({ username: longest('m', 32), master: owner })
  await share(sub, disk, recipients, longest('W', 200))
  return { disk, recipients }
}

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en, some: looks },
  { locale: 'zh-CN', t: messages.zh, some: looks.slice(2) },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()

    test('the sign-in page and missing pages are accessible', async ({ page }) => {
      await page.goto('/sign-in')
      await expectAccessiblePage(page, 'sign-in', some)
      await page.getByLabel(t.signIn.username, { exact: true }).fill('nobody')
      await page.getByLabel(t.signIn.password, { exact: true }).fill('not the password')
      await page.getByRole('button', { name: t.signIn.submit }).click()
      await expect(page.getByRole('alert').filter({ hasText: t.signIn.refused })).toBeVisible()
      await expectAccessiblePage(page, 'sign-in refused', some)
      await page.goto('/no/such/page')
      await expectAccessiblePage(page, 'not found, signed out', some)
      await signIn(page.context(), await account())
      await page.goto(`/${region}/images/img-0000000000`)
      await expectAccessiblePage(page, 'not found, signed in', some)
    })

    test('the tab Custom Images is accessible empty, filled, filtered and with its dialogs', async ({ page }) => {
      const owner = await account({ username: longest('m', 32) })
      await signIn(page.context(), owner)
      await page.goto(`/${region}/images/custom`)
      await expect(page.getByText(t.images.emptyCustom)).toBeVisible()
      await expectAccessiblePage(page, 'custom images, empty', some)
      const { disk, recipients } = await longestImage(owner)
      const failure = { code: 'DISK_REFUSED', reason: 'backing-file', facts: {} }
      await imageRows(owner, [
        { state: 'failed', failure, virtualSize: 0 },
        { state: 'importing', name: longest('W', 128) },
        { state: 'deleting' },
      ])
      await page.goto(`/${region}/images/custom`)
      await expect(page.getByRole('row')).toHaveCount(5)
      await expectAccessiblePage(page, 'custom images', some)
      const states = page.getByRole('button', { name: t.images.filterState })
      await expectAccessible(page, 'the filter of states', some, () => states.click())
      await page.getByRole('button', { name: `${t.images.delete}, ${disk.name}` }).click()
      const dialog = page.getByRole('alertdialog')
      await expect(dialog.getByRole('listitem')).toHaveCount(recipients.length)
      await expectAccessible(page, 'deleting a shared image', some)
      await dialog.getByRole('button', { name: t.deleteDialog.confirmShared }).click()
      await expect(dialog.getByText(t.refusals.IMAGE_NAME_MISMATCH)).toBeVisible()
      await expectAccessible(page, 'deleting a shared image, refused', some)
      await page.goto(`/${region}/images/custom?q=nothing-like-it&state=available&os=${disk.name.slice(0, 64)}`)
      await expect(page.getByText(t.images.emptyFiltered)).toBeVisible()
      await expectAccessiblePage(page, 'custom images, filtered to nothing', some)
    })

    test('the tab Shared Images is accessible empty, filled and with its dialog', async ({ page }) => {
      const recipient = await account()
      await signIn(page.context(), recipient)
      await page.goto(`/${region}/images/shared`)
      await expectAccessiblePage(page, 'shared images, empty', some)
      const owner = await account({ username: longest('m', 32) })
      const disk = await image(owner, { name: longest('W', 128), os: longest('M', 64) })
      // An open list would show the share at once, and then it would no longer be new.
      await page.goto('about:blank')
      await share(owner, disk, [recipient], longest('W', 200))
      await page.goto(`/${region}/images/shared`)
      await expect(row(page.getByRole('table'), disk.name).getByText(t.images.new, { exact: true })).toBeVisible()
      await expectAccessiblePage(page, 'shared images', some)
      await page.getByRole('button', { name: `${t.images.cancelSharing}, ${disk.name}` }).click()
      await expect(page.getByRole('alertdialog')).toBeVisible()
      await expectAccessible(page, 'giving an image back', some)
      await page.keyboard.press('Escape')
      await page.getByRole('link', { name: disk.name, exact: true }).click()
      await expect(page.getByRole('heading', { level: 1, name: disk.name })).toBeVisible()
      await expectAccessiblePage(page, 'details of a recipient', some)
    })

    test('the share page is accessible empty, refused, shared and with its dialog', async ({ page }) => {
      const owner = await account()
      await signIn(page.context(), owner)
      const disk = await image(owner)
      await page.goto(`/${region}/images/${disk.id}/share`)
      await expectAccessiblePage(page, 'share page, empty', some)
      const field = page.getByRole('textbox', { name: t.share.username })
      await field.fill(`${longest('m', 32)}, ${owner.username}, ${longest('q', 65)},`)
      await page.getByRole('button', { name: t.share.submit }).click()
      await expect(page.getByRole('alert').filter({ hasText: /3/ })).toBeFocused()
      await expectAccessiblePage(page, 'share page, refused', some)
      const held = await longestImage(owner)
      await page.goto(`/${region}/images/${held.disk.id}/share`)
      await expect(page.getByRole('row')).toHaveCount(4)
      await field.fill(held.recipients[0]?.username ?? '')
      await expectAccessiblePage(page, 'share page with three shares', some)
      await page.getByRole('button', { name: t.share.cancel }).first().click()
      await expect(page.getByRole('alertdialog')).toBeVisible()
      await expectAccessible(page, 'cancelling a share', some)
      const [broken] = await imageRows(owner, [{ state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' } }])
      await page.goto(`/${region}/images/${broken?.id}/share`)
      await expectAccessiblePage(page, 'share page of a failed image', some)
    })

    test('the details of an image are accessible with the form open, failed and from another region', async ({
      page,
    }) => {
      const owner = await account({ username: longest('m', 32) })
      await signIn(page.context(), owner)
      const { disk } = await longestImage(owner)
      await page.goto(`/${region}/images/${disk.id}`)
      await expectAccessiblePage(page, 'details of the owner', some)
      await page.getByRole('button', { name: t.images.edit }).click()
      await page.getByLabel(t.images.name, { exact: true }).fill('🎉')
      await page.getByRole('button', { name: t.images.save }).click()
      await expect(page.getByText(t.problems.characters)).toBeVisible()
      await expectAccessiblePage(page, 'the edit form, refused', some)
      await page.goto(`/cn-shenzhen/images/${disk.id}`)
      await expectAccessiblePage(page, 'an image in another region', some)
      const failure = { code: 'DISK_REFUSED', reason: 'unsupported-format', facts: { found: longest('w', 60) } }
      const [broken] = await imageRows(owner, [{ state: 'failed', name: longest('W', 128), failure }])
      await page.goto(`/${region}/images/${broken?.id}`)
      await expectAccessiblePage(page, 'details of a failed image', some)
    })

    test('the account and everything of the frame that opens are accessible', async ({ page }) => {
      const owner = await account({ username: longest('m', 32) })
      const sub = await account({ username: longest('m', 32), master: owner })
      await db().account.update({
        where: { id: sub.id },
        data: { displayName: longest('W', 64), email: longest('w', 254) },
      })
      await signIn(page.context(), sub)
      await page.goto('/account')
      await page.getByLabel(t.account.currentPassword, { exact: true }).fill('not the password')
      await page.getByLabel(t.account.newPassword, { exact: true }).fill('a password of the tests')
      await page.getByRole('button', { name: t.account.changePassword }).click()
      await expect(page.getByText(t.refusals.PASSWORD_WRONG)).toBeVisible()
      await expectAccessiblePage(page, 'account', some)
      const { disk } = await longestImage(owner)
      await page.goto(`/${region}/images/${disk.id}`)
      const banner = page.getByRole('banner')
      const picture = banner.getByRole('button').last()
      await expectAccessible(page, 'account menu', some, async () => {
        await picture.focus()
        await page.keyboard.press('Enter')
        await expect(page.getByRole('menu')).toBeVisible()
      })
      await expectAccessible(page, 'languages', some, () =>
        banner.getByRole('button', { name: t.shell.language }).click(),
      )
      await expectAccessible(page, 'themes', some, () => banner.getByRole('button', { name: t.shell.theme }).click())
      const picker = banner.getByRole('combobox', { name: t.shell.region })
      await expectAccessible(page, 'regions', some, () => picker.click(), notWhileChoosing)
      await expectAccessible(page, 'palette', some, async () => {
        await page.keyboard.press('Control+k')
        await page.getByRole('dialog').getByRole('combobox').fill(disk.name.slice(0, 20))
        await expect(page.getByRole('option', { name: disk.id })).toBeVisible()
      })
      const onPhone = looks.slice(2)
      const menu = banner.getByRole('button', { name: t.shell.menu, exact: true })
      await expectAccessible(page, 'menu', onPhone, () => menu.click())
    })
  })
}
