import { randomBytes } from 'node:crypto'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { cancelShare } from '@/lib/shares/writes-end'
import { expectAccessiblePage, looks } from './accessible'
import { type Account, account, contextOf, expect, type Image, image, longest, messages, share, test } from './fixtures'

const region = 'cn-shanghai'

/** One notice of every kind, some of them read. */
async function everyKind(reader: Account, other: Account): Promise<Image> {
  const [own, lent] = [await image(reader, { name: longest('W', 128) }), await image(other)]
  await share(other, lent, [reader], 'For the courses of this term.')
  const owner = { id: reader.id, username: reader.username }
  const sharer = { id: other.id, username: other.username }
  const ofOwn = { owner, regionId: region, image: own, recipient: sharer }
  const ofLent = { owner: sharer, regionId: region, image: lent, recipient: owner }
  await inTransaction(async (tx) => {
    await recordEvents(tx, contextOf(reader), [
      { ...ofOwn, action: 'share.cancel', details: { by: 'recipient' } },
      { ...ofLent, action: 'share.cancel', details: { by: 'sharer' } },
      { ...ofOwn, action: 'share.ending', details: { days: 7 } },
      { ...ofLent, action: 'image.deprecate', details: { replacement: 'web-02' } },
      { ...ofOwn, action: 'image.findings', details: { critical: 1, high: 2 } },
      { ...ofOwn, action: 'image.fail' },
      { action: 'session.place', owner, details: { place: '203.0.113.0/24' } },
    ])
    return ok(null)
  })
  await db().notice.updateMany({
    where: { accountId: reader.id, kind: 'share.received' },
    data: { readAt: new Date() },
  })
  return own
}

test('the bell counts a share without a reload or polling, and its notice links to the image', async ({
  browserPage,
}) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  const page = await browserPage(recipient)
  // Polling uses intervals, so without them this page never polls.
  await page.addInitScript(() => {
    Reflect.set(window, 'setInterval', () => 0)
  })
  const stream = page.waitForResponse((response) => response.url().endsWith('/api/changes'))
  await page.goto(`/${region}/images/shared`)
  await stream
  await share(owner, disk, [recipient])
  const bell = page.getByRole('banner').getByRole('link', { name: /^Notices/ })
  await expect(bell).toHaveAccessibleName('Notices, 1 unread')
  await expect(page.getByRole('table').getByText(disk.name)).toBeVisible()
  await bell.click()
  await page
    .getByRole('main')
    .getByRole('link', { name: `${owner.username} shared ${disk.name} with you` })
    .click()
  await expect(page.getByRole('heading', { level: 1, name: disk.name })).toBeVisible()
  await expect(bell).toHaveAccessibleName('Notices')
})

test('notices read in one window are read in the others, and the filter shows unread ones', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const [one, two] = [await image(owner), await image(owner)]
  await share(owner, one, [recipient])
  await share(owner, two, [recipient])
  const page = await browserPage(recipient)
  const other = await page.context().newPage()
  await other.goto('/account')
  await page.goto('/notices')
  const line = (disk: Image) => page.getByRole('listitem').filter({ hasText: disk.name })
  await line(one)
    .getByRole('button', { name: /^Mark read/ })
    .click()
  await expect(line(one).getByText('Unread')).toHaveCount(0)
  await expect(other.getByRole('link', { name: 'Notices, 1 unread' })).toBeVisible()
  await page.getByRole('navigation', { name: 'Show' }).getByRole('link', { name: 'Unread' }).click()
  await expect(line(one)).toHaveCount(0)
  await expect(line(two)).toBeVisible()
  await page.getByRole('button', { name: 'Mark all read' }).click()
  await expect(page.getByText('No unread notices')).toBeVisible()
  await expect(other.getByRole('link', { name: 'Notices', exact: true })).toBeVisible()
})

test('a page says that its session has ended, without polling', async ({ browserPage }) => {
  const who = await account()
  const page = await browserPage(who)
  const stream = page.waitForResponse((response) => response.url().endsWith('/api/changes'))
  await page.goto(`/${region}/images/custom`)
  await stream
  await db().session.deleteMany({ where: { accountId: who.id } })
  await expect(page.getByRole('alert').filter({ hasText: messages.en.refusals.SIGNED_OUT })).toBeVisible()
})

test('without a stream the lists and the bell poll', async ({ browserPage }) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  const page = await browserPage(recipient)
  await page.addInitScript(() => {
    class Silent extends EventTarget {
      close() {}
    }
    Reflect.set(window, 'EventSource', Silent)
  })
  await page.goto(`/${region}/images/shared`)
  await share(owner, disk, [recipient])
  await expect(page.getByRole('table').getByText(disk.name)).toBeVisible()
  await expect(page.getByRole('link', { name: 'Notices, 1 unread' })).toBeVisible()
})

test('reading and choosing work without scripts, and a kind that is switched off is not shown', async ({
  browserPage,
}) => {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  const page = await browserPage(recipient, { javaScriptEnabled: false })
  await page.goto('/notices')
  await page.getByRole('button', { name: 'Mark all read' }).click()
  await expect(page.getByRole('link', { name: 'Notices', exact: true }).first()).toBeVisible()
  await page.getByRole('link', { name: 'Notice Settings' }).click()
  await page.getByRole('checkbox', { name: 'Console, The other side cancelled a share' }).uncheck()
  await page.getByRole('button', { name: 'Save Changes' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Notices' })).toBeVisible()
  const { id } = await db().share.findFirstOrThrow({ where: { recipientId: recipient.id } })
  await cancelShare(contextOf(owner), { shareId: id })
  await page.goto('/notices')
  await expect(page.getByRole('listitem').filter({ hasText: disk.name })).toHaveCount(1)
  await page.goto('/notices/settings')
  await expect(page.getByRole('checkbox', { name: 'Console, The other side cancelled a share' })).not.toBeChecked()
})

test('a master account sets its webhook, sees its secret and deliveries, and removes it, without scripts', async ({
  browserPage,
}) => {
  const [owner, recipient] = [await account(), await account()]
  const page = await browserPage(recipient, { javaScriptEnabled: false })
  await page.goto('/notices/settings')
  await page.getByRole('link', { name: 'Webhook' }).click()
  await page.getByRole('textbox', { name: 'Address' }).fill('not an address')
  await page.getByRole('button', { name: 'Save Webhook' }).click()
  await expect(page.getByRole('textbox', { name: 'Address' })).toHaveValue('not an address')
  await page.getByRole('textbox', { name: 'Address' }).fill('http://127.0.0.1:9/hook')
  await page.getByRole('button', { name: 'Save Webhook' }).click()
  await expect(page.getByText(messages.en.problems['no-tls']).first()).toBeVisible()
  await page.getByRole('textbox', { name: 'Address' }).fill('https://127.0.0.1:9/hook')
  await page.getByRole('button', { name: 'Save Webhook' }).click()
  await expect(page.getByText(/^whsec_/)).toBeVisible()
  await share(owner, await image(owner), [recipient])
  const delivery = page.getByRole('main').getByRole('listitem').filter({ hasText: 'An image was shared with you' })
  await expect(async () => {
    await page.goto('/notices/webhook')
    await expect(delivery).toContainText('Refused: the address is in a private network')
  }).toPass()
  const again = page.getByRole('button', { name: /^Send Again/ })
  await expect(again).toHaveCount(0)
  await db().webhookDelivery.updateMany({
    where: { ownerId: recipient.id },
    data: { state: 'failed', dueAt: null, triedAt: new Date(Date.now() - 60_000) },
  })
  await page.goto('/notices/webhook')
  await again.click()
  await expect(delivery).toContainText('Waiting')
  await page.getByRole('button', { name: 'Remove Webhook' }).click()
  await page.goto('/notices/webhook')
  await expect(page.getByText('Nothing was sent yet.')).toBeVisible()
  const sub = await browserPage(await account({ master: recipient }))
  expect((await sub.goto('/notices/webhook'))?.status()).toBe(404)
})

test('the link in an e-mail ends it without signing in or scripts, and its answer is the same for every link', async ({
  browser,
}) => {
  const who = await account()
  const mail = { accountId: who.id, everyMinutes: 2, locale: 'en', token: randomBytes(32).toString('base64url') }
  await db().noticeMail.create({ data: mail })
  const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en-US' })
  const page = await context.newPage()
  for (const token of ['token-of-nobody', 'n'.repeat(43), mail.token]) {
    await page.goto(`/unsubscribe/${token}`)
    await page.getByRole('button', { name: 'Unsubscribe' }).click()
    await expect(page.getByRole('status')).toHaveText('You get no more e-mail about notices.')
  }
  expect(await db().noticeMail.count({ where: { accountId: who.id } })).toBe(0)
  await context.close()
})

test('a stream needs a session', async ({ requestAs }) => {
  const visitor = await requestAs(null)
  expect((await visitor.get('/api/changes')).status()).toBe(401)
})

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en, some: looks },
  { locale: 'zh-CN', t: messages.zh, some: looks.slice(2) },
]) {
  test(`notices and their settings are accessible, ${locale}`, async ({ browserPage }) => {
    const [reader, other] = [await account(), await account({ username: longest('m', 32) })]
    const page = await browserPage(reader, { locale })
    await page.goto('/notices')
    await expectAccessiblePage(page, 'no notices', some)
    await everyKind(reader, other)
    await page.goto('/notices')
    await expect(page.getByRole('main').getByRole('listitem')).not.toHaveCount(0)
    await expectAccessiblePage(page, 'notices of every kind', some)
    await page.goto('/notices/settings')
    await expect(page.getByRole('heading', { level: 1, name: t.notices.settings })).toBeVisible()
    await expectAccessiblePage(page, 'notice settings', some)
    const hook = {
      url: `https://${longest('w', 60)}.example/${longest('W', 300)}`,
      secret: 'c2VjcmV0',
      createdAt: new Date(),
      updatedAt: new Date(),
    }
    await db().webhook.create({ data: { ownerId: reader.id, ...hook } })
    await share(other, await image(other), [reader])
    await page.goto('/notices/webhook')
    await expectAccessiblePage(page, 'webhook', some)
    await page.goto('/unsubscribe/any')
    await expectAccessiblePage(page, 'unsubscribe', some)
  })
}
