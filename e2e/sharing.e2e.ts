import { account, expect, expectRow, image, messages, password, row, test } from './fixtures'
import { scriptsHaveCome, waitForScripts } from './wait-for-scripts'

for (const [locale, t] of [['en-US', messages.en] as const, ['zh-CN', messages.zh] as const]) {
  test(`an owner shares an image, the recipient sees it in that region only and returns it (${locale})`, async ({
    browser,
  }) => {
    const owner = await account()
    const recipient = await account()
    const disk = await image(owner)
    const newPage = async () => {
      const context = await browser.newContext({ locale, reducedMotion: 'reduce' })
      waitForScripts(context)
      return await context.newPage()
    }
    const [ownerPage, recipientPage] = [await newPage(), await newPage()]

    await test.step('the recipient signs in and finds the username under Account Info', async () => {
      await recipientPage.goto('/')
      await recipientPage.getByLabel(t.signIn.username, { exact: true }).fill(recipient.username)
      await recipientPage.getByLabel(t.signIn.password, { exact: true }).fill(password)
      await recipientPage.getByRole('button', { name: t.signIn.submit }).click()
      const menu = recipientPage.getByRole('button', { name: t.shell.accountMenu.split(/[,，]/)[0] })
      await expect(menu).toBeVisible()
      await scriptsHaveCome(recipientPage)
      await menu.click()
      await recipientPage.getByRole('menuitem', { name: t.shell.accountInfo }).click()
      await expect(recipientPage.getByRole('heading', { level: 1, name: t.account.title })).toBeVisible()
      const basicInfo = recipientPage.getByRole('region', { name: t.account.basicInfo })
      await expect(basicInfo.getByRole('definition').first()).toContainText(recipient.username)
    })

    await test.step('the owner signs in, goes to the image by the menu and shares it', async () => {
      await ownerPage.goto('/cn-shanghai/images/custom')
      await ownerPage.getByLabel(t.signIn.username, { exact: true }).fill(owner.username)
      await ownerPage.getByLabel(t.signIn.password, { exact: true }).fill(password)
      await ownerPage.getByRole('button', { name: t.signIn.submit }).click()
      await ownerPage.getByRole('link', { name: `${t.images.sharedImages}, ${disk.name}` }).click()
      await expect(ownerPage.getByRole('heading', { level: 1, name: t.share.title })).toBeVisible()
      await ownerPage.getByRole('textbox', { name: t.share.username }).fill(recipient.username)
      await ownerPage.getByRole('button', { name: t.share.submit }).click()
      const list = ownerPage.getByRole('table', { name: t.share.caption.replace('{name}', disk.name) })
      await expectRow(list, recipient.username, {
        [t.share.username]: recipient.username,
        [t.share.sharedBy]: owner.username,
      })
      await expect(ownerPage.getByRole('meter', { name: t.share.recipients })).toHaveAttribute(
        'aria-valuetext',
        '1 / 20',
      )
      await expect(ownerPage.getByRole('meter', { name: t.share.today })).toHaveAttribute('aria-valuetext', '1 / 200')
    })

    await test.step('the recipient finds it under Images and Snapshots, Images, Shared Images, marked as new', async () => {
      await recipientPage
        .getByRole('navigation', { name: t.shell.mainMenu })
        .getByRole('link', { name: t.shell.images })
        .click()
      await recipientPage.getByRole('link', { name: t.images.shared }).click()
      const list = recipientPage.getByRole('table')
      await expectRow(list, disk.name, { [t.images.sharedBy]: owner.username, [t.images.operatingSystem]: 'Debian 12' })
      await expect(row(list, disk.name).getByText(t.images.new, { exact: true })).toBeVisible()
      await recipientPage.getByRole('combobox', { name: t.shell.region }).click()
      await recipientPage.getByRole('option', { name: /Shenzhen|深圳/ }).click()
      await expect(recipientPage).toHaveURL(/cn-shenzhen\/images\/shared/)
      await expect(recipientPage.getByText(t.images.emptyShared)).toBeVisible()
    })

    await test.step('the recipient returns it, and the owner’s list updates', async () => {
      await recipientPage.goto('/cn-shanghai/images/shared')
      await recipientPage.getByRole('button', { name: `${t.images.cancelSharing}, ${disk.name}` }).click()
      await recipientPage
        .getByRole('alertdialog')
        .getByRole('button', { name: t.cancelDialog.confirm, exact: true })
        .click()
      await expect(recipientPage.getByText(t.images.emptyShared)).toBeVisible()
      await expect(ownerPage.getByText(t.share.empty)).toBeVisible()
    })
  })
}
