import { expectAccessible, looks } from './accessible'
import { account, expect, image, messages, signIn, test } from './fixtures'

const region = 'cn-shanghai'
const words = messages.en.help

test('every page has its rules behind the question mark', async ({ page, context }) => {
  const owner = await account()
  const disk = await image(owner)
  await signIn(context, owner)
  for (const [path, topic, rule] of [
    [`/${region}/images/custom`, words.topics.custom, words.rule.own],
    [`/${region}/images/shared`, words.topics.shared, words.rule.cancel],
    [`/${region}/images/import`, words.topics.import, words.rule.formats],
    [`/${region}/images/${disk.id}`, words.topics.details, words.rule.available],
    [`/${region}/images/${disk.id}/share`, words.topics.share, 'One image can be shared to a maximum of 20 tenants.'],
    [`/${region}/images/${disk.id}/copy`, words.topics.copy, words.rule.copy],
    [`/${region}/images/${disk.id}/deprecate`, words.topics.deprecate, words.rule.deprecateDay],
    [`/${region}/images/${disk.id}/tags`, words.topics.tags, words.rule.tagsOwn],
    [`/${region}/images/${disk.id}/check`, words.topics.check, words.rule.checkLooks],
    [`/${region}/images/${disk.id}/check/clean`, words.topics.clean, words.rule.cleanReplace],
    ['/account', words.topics.account, words.rule.username],
    ['/account/groups', words.topics.groups, words.rule.groupsFill],
    ['/account/sub-accounts/create', words.topics['sub-accounts'], words.rule.subAccountsPolicies],
  ] as const) {
    await page.goto(path)
    const button = page.getByRole('main').getByRole('button', { name: words.title })
    await button.click()
    const help = page.getByRole('dialog', { name: topic })
    await expect(help.getByRole('listitem').filter({ hasText: rule }), path).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(help).toHaveCount(0)
    await expect(button, path).toBeFocused()
  }
})

test('Shift+? opens the help and the shortcuts, but not in a text field or an open dialog', async ({
  page,
  context,
}) => {
  await signIn(context, await account())
  await page.goto(`/${region}/images/custom`)
  const help = page.getByRole('dialog', { name: words.topics.custom })
  const search = page.getByRole('searchbox')
  await search.press('Shift+?')
  await expect(search).toHaveValue('?')
  await expect(help).toHaveCount(0)
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('combobox').press('Shift+?')
  await expect(page.getByRole('dialog').getByRole('combobox')).toHaveValue('?')
  await expect(help).toHaveCount(0)
  await page.keyboard.press('Escape')
  // The palette returns the focus after it has disappeared.
  await expect(search).toBeFocused()
  await page.getByRole('heading', { level: 1 }).focus()
  await page.keyboard.press('Shift+?')
  await expect(help.getByRole('definition').filter({ hasText: words.does.search })).toBeVisible()
  await help.getByRole('button', { name: words.close }).click()
  await expect(help).toHaveCount(0)
})

test('without scripts the question mark opens a page that says the same', async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-US' })
  await signIn(context, await account())
  const page = await context.newPage()
  await page.goto(`/${region}/images/custom`)
  await page.getByRole('main').getByRole('button', { name: words.title }).click()
  await expect(page).toHaveURL(/\/help\/custom\??$/)
  await expect(page.getByRole('heading', { level: 1, name: words.topics.custom })).toBeVisible()
  await expect(page.getByRole('listitem').filter({ hasText: words.rule.own })).toBeVisible()
  expect((await page.goto('/help/nothing'))?.status()).toBe(404)
  await context.close()
})

for (const { locale, t } of [
  { locale: 'en-US', t: messages.en },
  { locale: 'zh-CN', t: messages.zh },
]) {
  test(`the help is accessible in ${locale}`, async ({ browserPage }) => {
    const owner = await account()
    const disk = await image(owner)
    const page = await browserPage(owner, { locale })
    await page.goto(`/${region}/images/${disk.id}/share`)
    await expectAccessible(page, 'help', looks, async () => {
      await page.getByRole('main').getByRole('button', { name: t.help.title, exact: true }).click()
      await expect(page.getByRole('dialog', { name: t.help.topics.share })).toBeVisible()
    })
  })
}
