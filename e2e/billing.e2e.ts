import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { expectAccessiblePage, looks } from './accessible'
import { type Account, account, expect, expectRow, longest, messages, signIn, test, unique } from './fixtures'

test.use({ trace: 'off' })

const region = 'cn-shanghai'
const month = '2026-09'
const hourMs = 3_600_000

type Lines = { name: string; sharer?: Account; hours: number; price?: number; from?: string }

/** Ledger lines as the worker writes them: some hours of an instance from a moment on. */
async function charged(owner: Account, { name, sharer, hours, price = 8, from = `${month}-03T00:00:00Z` }: Lines) {
  const instanceId = newId('ins')
  const imageOwner = sharer ?? owner
  const lines = Array.from({ length: hours }, (_, index) => {
    const hour = new Date(Date.parse(from) + index * hourMs)
    return { hour, from: hour, to: new Date(hour.getTime() + hourMs) }
  })
  const facts = { regionId: region, instanceId, instanceName: name, typeId: 'ecs.t1.small', vcpus: 1, memoryMib: 512 }
  const image = {
    imageId: newId('img'),
    imageName: 'base',
    imageOwnerId: imageOwner.id,
    imageOwnerName: imageOwner.username,
  }
  const common = { accountId: owner.id, accountName: owner.username, ...facts, ...image, price, amount: price }
  const data = lines.map((line) => ({ kind: 'USAGE' as const, at: line.to, ...common, ...line, currency: 'CNY' }))
  await db().ledgerEntry.createMany({ data })
  return instanceId
}

test('a month’s bill adds up, marks shared images, and links to other months', async ({ page }) => {
  const [owner, sharer] = [await account(), await account()]
  const [own, lent] = [unique('own'), unique('lent')]
  await charged(owner, { name: own, hours: 50 })
  await charged(owner, { name: lent, sharer, hours: 24, price: 16 })
  await charged(owner, { name: own, hours: 1, from: '2026-08-10T00:00:00Z' })
  await signIn(page.context(), owner)
  await page.goto(`/billing?month=${month}`)
  await expect(page.getByRole('heading', { level: 1, name: 'Billing' })).toBeVisible()
  await expect(page.getByRole('definition').first()).toContainText('¥7.84')
  const table = page.getByRole('table', { name: 'By instance' })
  await expectRow(table, own, { Hours: '50 × ¥0.08', Amount: '¥4.00', Type: 'ecs.t1.small' })
  await expectRow(table, lent, {
    Hours: '24 × ¥0.16',
    Amount: '¥3.84',
    Image: new RegExp(`shared by ${sharer.username}`),
  })
  const days = page.getByRole('table', { name: 'Cost by day' })
  // 50 hours from 08:00 in Shanghai: 16 on the third, 24 on the fourth, 10 on the fifth.
  await expect(days.getByRole('row')).toHaveText([
    /Day/,
    /September 3.*32.*¥3\.84/,
    /September 4.*32.*¥3\.20/,
    /September 5.*10.*¥0\.80/,
  ])
  await expect(page.getByRole('img', { name: /Cost of each day of September 2026, ¥7\.84 in all/ })).toBeVisible()
  await page.getByRole('link', { name: 'From shared images' }).click()
  await expect(page.getByRole('definition').first()).toContainText('¥3.84')
  await expect(table.getByRole('row')).toHaveCount(2)
  await page.getByRole('link', { name: 'All instances' }).click()
  await expect(page.getByRole('definition').first()).toContainText('¥7.84')
  await page.getByRole('link', { name: 'August 2026' }).click()
  await expect(page.getByRole('definition').first()).toContainText('¥0.08')
  await expect(page.getByRole('link', { name: 'July 2026' })).toHaveCount(0)
  await expect(
    page.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: 'Billing' }),
  ).toHaveAttribute('aria-current', 'page')
})

test('the export has only the lines of the viewer’s bill, and no cell of it is a formula', async ({
  page,
  requestAs,
}) => {
  const [owner, other] = [await account(), await account()]
  const sub = await account({ username: unique('ops'), master: owner })
  const instanceId = await charged(owner, { name: '=HYPERLINK("x")', hours: 2 })
  await charged(other, { name: 'not-yours', hours: 2 })
  for (const viewer of [owner, sub]) {
    const answer = await (await requestAs(viewer)).get(`/api/billing/lines?month=${month}`)
    expect(answer.headers()['content-type']).toBe('text/csv; charset=utf-8')
    expect(answer.headers()['content-disposition']).toBe(`attachment; filename="bill-${month}.csv"`)
    const lines = (await answer.text()).split('\r\n')
    expect(lines).toHaveLength(4)
    expect(lines[1]).toContain(
      `2026-09-03T00:00:00.000Z,2026-09-03T00:00:00.000Z,2026-09-03T01:00:00.000Z,usage,${instanceId},`,
    )
    expect(lines[1]).toContain(`"'=HYPERLINK(""x"")"`)
    expect(lines[1]).toMatch(/,0\.08,0\.08,CNY,$/)
  }
  await signIn(page.context(), other)
  await page.goto(`/billing?month=${month}`)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Export CSV' }).click()
  expect((await download).suggestedFilename()).toBe(`bill-${month}.csv`)
  await expect(page.getByRole('table', { name: 'By instance' })).not.toContainText('HYPERLINK')
})

test('a bill without a line says when lines appear, and a signed-out visitor returns to it after sign-in', async ({
  page,
}) => {
  await page.goto('/billing?month=2026-09')
  await expect(page).toHaveURL('/sign-in?next=%2Fbilling%3Fmonth%3D2026-09')
  await signIn(page.context(), await account())
  await page.goto('/billing')
  await expect(page.getByText('Nothing was charged in this month')).toBeVisible()
  await expect(page.getByText(/Each clock hour in which an instance runs is charged/)).toBeVisible()
  await expect(page.getByRole('definition').nth(1)).toContainText('¥0.00')
})

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en, some: looks },
  { locale: 'zh-CN', t: messages.zh, some: looks.slice(2) },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()
    test('a long bill with the longest names is accessible, also on a phone', async ({ page }) => {
      const [owner, sharer] = [await account(), await account({ username: longest('m', 32) })]
      await signIn(page.context(), owner)
      await page.goto('/billing')
      await expectAccessiblePage(page, 'empty bill', some)
      const name = longest('W', 128)
      await charged(owner, { name, sharer, hours: 300, price: 123_456_789 })
      for (let index = 0; index < 55; index++)
        await charged(owner, { name: unique('web'), hours: 1 + index, from: `${month}-${10 + (index % 15)}T03:00:00Z` })
      await page.goto(`/billing?month=${month}`)
      await expect(page.getByRole('heading', { name: t.billing.byInstance })).toBeVisible()
      await expect(page.getByRole('navigation', { name: t.billing.pages })).toBeVisible()
      await expectAccessiblePage(page, 'full bill', some)
    })
  })
}
