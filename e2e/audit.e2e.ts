import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { verifyChain } from '@/lib/audit/reads-verify'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { unpacked } from '@/lib/testing/archive'
import { signChains, tamper } from '@/lib/testing/builders-audit'
import { expectAccessible, expectAccessiblePage, looks } from './accessible'
import { account, act, ask, expect, expectRow, image, longest, messages, row, share, test } from './fixtures'

const page = '/account/audit'

/** An owner with a shared image, and the recipient, whose trail has the share as well. */
async function withShare() {
  const [owner, recipient] = [await account(), await account()]
  const disk = await image(owner)
  await share(owner, disk, [recipient])
  return { owner, recipient, disk }
}

test('shows events, filters them by the URL, and verifies the trail; after a change by SQL it names the entry', async ({
  browserPage,
}) => {
  const { owner, recipient, disk } = await withShare()
  const browser = await browserPage(owner)
  await browser.goto('/account')
  await browser.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: 'Audit' }).click()
  await expect(browser).toHaveTitle('Audit · Open ECS Console')
  const table = browser.getByRole('table', { name: 'Audit trail' })
  await expectRow(table, 'share.create', {
    Account: new RegExp(owner.username),
    Action: /Share image/,
    Resource: new RegExp(`${disk.name}.*${disk.id} with ${recipient.username}`, 's'),
  })
  await browser.getByRole('combobox', { name: 'Action', exact: true }).selectOption({ label: 'Share image' })
  await browser.getByRole('button', { name: 'Filter', exact: true }).click()
  await expect(browser).toHaveURL(/action=share\.create/)
  await expect(table.getByRole('row')).toHaveCount(2)
  await browser.getByRole('link', { name: 'Clear filters' }).click()
  await expect(row(table, 'image.import')).toBeVisible()
  await browser.getByRole('button', { name: 'Verify' }).click()
  await expect(browser.getByText('The audit trail is complete')).toBeVisible()
  const { entries } = await verifyChain(owner.id)
  await expect(browser.getByText(`${entries} entries, each as it was recorded.`)).toBeVisible()
  await tamper(Prisma.sql`UPDATE "AuditEntry" SET "actorName" = 'nobody' WHERE "accountId" = ${owner.id} AND seq = 2`)
  await browser.getByRole('button', { name: 'Verify' }).click()
  await expect(browser.getByRole('alert').filter({ hasText: 'Entry 2 was changed' })).toBeVisible()
})

test('an export verifies itself', async ({ browserPage }) => {
  const { owner } = await withShare()
  await signChains()
  const browser = await browserPage(owner)
  await browser.goto(page)
  await browser.getByRole('button', { name: 'Export' }).click()
  const saving = browser.waitForEvent('download')
  await browser.getByRole('menuitem', { name: 'Everything with proof (ZIP)' }).click()
  const download = await saving
  expect(download.suggestedFilename()).toBe('audit.zip')
  const folder = await mkdtemp(path.join(tmpdir(), 'audit-'))
  try {
    for (const [name, bytes] of unpacked(await readFile(await download.path())))
      await writeFile(path.join(folder, name), bytes)
    const script = path.join(folder, 'verify-audit.mjs')
    const proving = promisify(execFile)(process.execPath, [script], { cwd: tmpdir() })
    // No expected key was given.
    await expect(proving).rejects.toMatchObject({
      code: 3,
      stdout: expect.stringContaining(`entries of ${owner.id}, in`),
    })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('is for accounts that manage the whole tenant, and includes refusals of others', async ({
  browserPage,
  requestAs,
}) => {
  const { owner, recipient, disk } = await withShare()
  const sub = await account({ master: owner, grants: [{ policy: 'Sharing', regions: null }] })
  const here = await account({ master: owner, grants: [{ policy: 'Administrator', regions: ['cn-shanghai'] }] })
  for (const one of [sub, here]) {
    const browser = await browserPage(one)
    await browser.goto(page)
    await expect(browser).toHaveURL(/not-permitted/)
    await expect(browser.getByRole('link', { name: 'Audit' })).toHaveCount(0)
    expect((await ask(await requestAs(one), '/api/audit/export?format=csv')).status).toBe(403)
  }
  expect((await ask(await requestAs(null), '/api/audit/export?format=csv')).status).toBe(401)
  const reshare = { region: disk.region, imageId: disk.id, usernames: [owner.username], note: '' }
  const client = await requestAs(recipient)
  for (const _ of ['once', 'again']) await act(client, 'shareImageAction', reshare)
  const theirs = await browserPage(recipient)
  await theirs.goto(`${page}?action=operation`)
  await expect(theirs.getByRole('table').getByRole('row')).toHaveCount(2)
  await expect(row(theirs.getByRole('table'), 'operation.refuse')).toContainText('RESHARE_FORBIDDEN')
  // HEAD uses none of the two downloads that a tenant may have.
  const owners = await requestAs(owner)
  for (let time = 0; time < 3; time++) {
    const head = await owners.head('/api/audit/export?format=csv')
    expect([head.status(), head.headers()['content-disposition']]).toEqual([200, expect.stringContaining('.csv')])
  }
  const csv = await ask(owners, '/api/audit/export?format=csv')
  expect(csv.body).not.toContain('RESHARE_FORBIDDEN')
  expect(csv.body).toContain('share.create')
})

test('includes refused sign-ins', async ({ page: visitor, browserPage }) => {
  const owner = await account()
  await visitor.goto('/sign-in')
  await visitor.getByLabel('Username', { exact: true }).fill(owner.username)
  await visitor.getByLabel('Password', { exact: true }).fill('not the password')
  await visitor.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(visitor.getByRole('alert').filter({ hasText: messages.en.signIn.refused })).toBeVisible()
  // Recorded after the answer, whose time must not reveal whether the username exists.
  const recorded = { where: { accountId: owner.id, action: 'session.refuse' } }
  await expect.poll(async () => await db().auditEntry.count(recorded)).toBe(1)
  const browser = await browserPage(owner)
  await browser.goto(page)
  await expect(row(browser.getByRole('table'), 'session.refuse')).toContainText(owner.username)
})

test('works without scripts', async ({ browserPage }) => {
  const { owner } = await withShare()
  const browser = await browserPage(owner, { javaScriptEnabled: false })
  await browser.goto(page)
  await browser.getByLabel('Account', { exact: true }).fill(owner.username)
  await browser.getByRole('button', { name: 'Filter', exact: true }).click()
  await expect(row(browser.getByRole('table'), 'share.create')).toBeVisible()
  await browser.getByRole('button', { name: 'Verify' }).click()
  await expect(browser.getByText('The audit trail is complete')).toBeVisible()
  const saving = browser.waitForEvent('download')
  await browser.getByRole('button', { name: 'Export' }).click()
  expect((await saving).suggestedFilename()).toBe('audit.zip')
})

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en.audit, some: looks },
  { locale: 'zh-CN', t: messages.zh.audit, some: looks.slice(2) },
]) {
  test(`is accessible, with the longest names, empty, verified and broken: ${locale}`, async ({ browserPage }) => {
    test.slow()
    const owner = await account({ username: longest('m', 32) })
    const browser = await browserPage(owner, { locale })
    await browser.goto(page)
    await expectAccessiblePage(browser, 'empty', some)
    await image(owner, { name: longest('W', 128) })
    await browser.goto(`${page}?verify=now`)
    await expect(browser.getByText(t.verified)).toBeVisible()
    await expectAccessiblePage(browser, 'verified', some)
    const openMenu = async () => await browser.getByRole('button', { name: t.export }).click()
    await expectAccessible(browser, 'menu', some, openMenu, ['aria-hidden-focus'])
    await tamper(Prisma.sql`DELETE FROM "AuditEntry" WHERE "accountId" = ${owner.id} AND seq = 1`)
    await browser.goto(`${page}?verify=now`)
    await expect(browser.getByRole('alert').filter({ hasText: t.broken })).toBeVisible()
    await expectAccessiblePage(browser, 'broken', some)
  })
}
