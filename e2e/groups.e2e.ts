import { createGroup } from '@/lib/groups/writes'
import { expectAccessible, expectAccessiblePage, looks } from './accessible'
import { account, contextOf, expect, expectOk, image, longest, messages, row, share, signIn, test } from './fixtures'

// Off, because a trace copies the page for every step of axe.
test.use({ trace: 'off' })

const region = 'cn-shanghai'

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with scripts' : 'without scripts'
  test(`a group fills the form with the members who lack the image, and sending it shares, ${how}`, async ({
    browserPage,
  }) => {
    const [owner, first, second] = [await account(), await account(), await account()]
    const disk = await image(owner)
    const page = await browserPage(owner, { javaScriptEnabled })
    await page.goto('/account/groups')
    await page.getByLabel('Name', { exact: true }).fill('Team East')
    await page.getByLabel('Usernames').fill(`${first.username}\n${second.username}`)
    await page.getByRole('button', { name: 'Create Group' }).click()
    await expect(page.getByRole('link', { name: 'Edit Group, Team East' })).toBeVisible()
    await share(owner, disk, [first])
    await page.goto(`/${region}/images/${disk.id}/share`)
    await expect(page.getByText('1 of 2 have this image.')).toBeVisible()
    await page.getByRole('link', { name: 'Bring Up to Date, Team East' }).click()
    if (javaScriptEnabled) await expect(page.getByRole('button', { name: `Remove ${second.username}` })).toBeVisible()
    else await expect(page.getByLabel('Username')).toHaveValue(new RegExp(second.username))
    await expect(row(page.getByRole('table'), second.username)).toHaveCount(0)
    await page.getByRole('button', { name: 'Share Images' }).click()
    await expect(row(page.getByRole('table'), second.username)).toBeVisible()
    await page.goto('/account/groups')
    await page.getByRole('link', { name: 'Edit Group, Team East' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Team East' })).toBeVisible()
    await page.getByLabel('Usernames').fill(owner.username)
    await page.getByRole('button', { name: 'Save Changes' }).click()
    await expect(page.getByText(/^Your own username cannot be in a group/)).toBeVisible()
    await page.getByRole('button', { name: 'Delete Group' }).click()
    await expect(page.getByText('Delete the group Team East?')).toBeVisible()
    await page.getByRole(javaScriptEnabled ? 'button' : 'link', { name: 'Keep Group' }).click()
    await page.getByRole('button', { name: 'Delete Group' }).click()
    await expect(page.getByText('Images stay shared as they are.')).toBeVisible()
    const question = javaScriptEnabled ? page.getByRole('alertdialog') : page.getByRole('main')
    await question.getByRole('button', { name: 'Delete Group' }).click()
    await expect(page.getByText('No groups')).toBeVisible()
  })
}

test('a group can fill the form repeatedly, and a reload does not restore removed names', async ({ browserPage }) => {
  const [owner, member] = [await account(), await account()]
  const disk = await image(owner)
  expectOk(await createGroup(contextOf(owner), { name: 'Team East', usernames: [member.username] }))
  const page = await browserPage(owner)
  await page.goto(`/${region}/images/${disk.id}/share`)
  const chip = page.getByRole('button', { name: `Remove ${member.username}` })
  for (let time = 0; time < 2; time++) {
    await page.getByRole('link', { name: 'Add to Form, Team East' }).click()
    await expect(chip).toBeVisible()
    await expect(page.getByLabel('Username')).toBeFocused()
    await chip.click()
    await expect(chip).toHaveCount(0)
  }
  await page.reload()
  await expect(page.getByRole('link', { name: 'Add to Form, Team East' })).toBeVisible()
  await expect(page.getByLabel('Username')).toHaveValue('')
  await expect(chip).toHaveCount(0)
})

test('a sub-account without Sharing everywhere manages no groups', async ({ browserPage }) => {
  const master = await account()
  const { groupId } = expectOk(await createGroup(contextOf(master), { name: 'Team East', usernames: ['somebody'] }))
  const some = await browserPage(await account({ master, grants: [{ policy: 'Sharing', regions: [region] }] }))
  for (const address of ['', `/${groupId}`, `/${groupId}/delete`]) {
    await some.goto(`/account/groups${address}`)
    await expect(some.getByRole('heading', { name: 'Not permitted' })).toBeVisible()
    await expect(some.getByText('Team East')).toHaveCount(0)
  }
})

test('the pages of a group of another tenant do not exist', async ({ browserPage }) => {
  const [owner, other] = [await account(), await account()]
  const { groupId } = expectOk(await createGroup(contextOf(owner), { name: 'Team East', usernames: ['somebody'] }))
  const [page, mine] = [await browserPage(other), await browserPage(owner)]
  for (const address of [`/account/groups/${groupId}`, `/account/groups/${groupId}/delete`]) {
    expect((await page.goto(address))?.status()).toBe(404)
    expect(await page.content()).not.toContain('Team East')
    expect((await mine.goto(address))?.status()).toBe(200)
    await expect(mine.getByRole('heading', { level: 1, name: 'Team East' })).toBeVisible()
    await expect(mine.getByRole('navigation', { name: 'Breadcrumbs' })).toContainText('Account Info')
  }
  await expect(mine).toHaveTitle(/^Team East · Delete Group/)
})

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en.groups, some: looks },
  { locale: 'zh-CN', t: messages.zh.groups, some: looks.slice(2) },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()

    test('the pages of groups are accessible, and so is the share page with one', async ({ page, context }) => {
      const owner = await account()
      const disk = await image(owner)
      await signIn(context, owner)
      await page.goto('/account/groups')
      await page.getByLabel(t.name, { exact: true }).fill(longest('W', 64))
      await page.getByLabel(t.usernames).fill([longest('m', 32), longest('w', 32)].join(' '))
      await page.getByRole('button', { name: t.create }).click()
      await expect(page.getByRole('link', { name: t.edit })).toBeVisible()
      await expectAccessiblePage(page, 'groups', some)
      await page.goto(`/${region}/images/${disk.id}/share`)
      await expect(page.getByRole('link', { name: t.fill })).toBeVisible()
      await expectAccessiblePage(page, 'the share page with a group', some)
      await page.goto('/account/groups')
      await page.getByRole('link', { name: t.edit }).click()
      await expect(page.getByRole('button', { name: t.delete })).toBeVisible()
      await expectAccessiblePage(page, 'a group', some)
      await page.getByRole('button', { name: t.delete }).click()
      await expect(page.getByRole('alertdialog')).toBeVisible()
      await expectAccessible(page, 'the question before a group is deleted', some)
      await page.goto(`${page.url()}/delete`)
      await expect(page.getByRole('link', { name: t.keep })).toBeVisible()
      await expectAccessiblePage(page, 'the page that asks before a group is deleted', some)
    })
  })
}
