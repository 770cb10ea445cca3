import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Page } from '@playwright/test'
import { signingKey } from '@/lib/auth/signing-key'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { endSharesOver } from '@/lib/shares/writes-end'
import { tellEndingShares } from '@/lib/shares/writes-ending'
import { unpacked } from '@/lib/testing/archive'
import { signChains, tamper } from '@/lib/testing/builders-audit'
import { account, act, expect, image, row, test, unique } from './fixtures'

const region = 'cn-shanghai'
const day = 24 * 60 * 60 * 1000

/** Shifts a share in time, so that it ends in `ms`. */
async function endsIn(imageId: string, ms: number): Promise<void> {
  await db().$executeRaw`
    UPDATE "Share" SET "endNoticeAt" = "endNoticeAt" - ("expiresAt" - (clock_timestamp() + ${ms} * interval '1 millisecond')),
      "expiresAt" = clock_timestamp() + ${ms} * interval '1 millisecond' WHERE "imageId" = ${imageId}`
}

/** Exports the audit trail on its page, and verifies it with the export's script and the console's key. */
async function proofOf(page: Page): Promise<{ code: number; said: string }> {
  const { id: key } = await signingKey()
  await page.getByRole('button', { name: 'Export' }).click()
  const saving = page.waitForEvent('download')
  await page.getByRole('menuitem', { name: 'Everything with proof (ZIP)' }).click()
  const archive = await readFile(await (await saving).path())
  const folder = await mkdtemp(path.join(tmpdir(), 'audit-'))
  try {
    for (const [name, bytes] of unpacked(archive)) await writeFile(path.join(folder, name), bytes)
    const script = path.join(folder, 'verify-audit.mjs')
    return await new Promise((resolve) => {
      execFile(process.execPath, [script, folder, key], { cwd: tmpdir() }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), said: out + err }),
      )
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

test('a share of a week is offered, accepted, announced a day before its end, extended with another, ended, and in a verifiable trail', async ({
  browserPage,
  requestAs,
}) => {
  test.slow()
  const harbour = await account({ username: unique('harbour') })
  const lantern = await account({ username: unique('lantern') })
  await db().account.update({ where: { id: lantern.id }, data: { incoming: 'ASK' } })
  const [disk, other] = [await image(harbour), await image(harbour)]
  const [giving, taking] = [await browserPage(harbour), await browserPage(lantern)]
  const bellOf = (page: typeof giving) => page.getByRole('banner').getByRole('link', { name: /^Notices/ })
  const stream = taking.waitForResponse((response) => response.url().endsWith('/api/changes'))
  await taking.goto(`/${region}/images/shared`)
  await stream

  await test.step('offered: the bell counts it without a reload, and it is accepted', async () => {
    for (const { id } of [disk, other]) {
      await giving.goto(`/${region}/images/${id}/share`)
      await giving.getByRole('textbox', { name: 'Username' }).fill(lantern.username)
      await giving.getByRole('combobox', { name: 'Until' }).selectOption('7')
      await giving.getByRole('button', { name: 'Share Images' }).click()
      await expect(row(giving.getByRole('table'), lantern.username)).toContainText('Waiting for an answer')
    }
    await expect(bellOf(taking)).toHaveAccessibleName('Notices, 2 unread')
    for (const { name } of [disk, other]) {
      await taking.getByRole('button', { name: `Accept, ${name}` }).click()
      await expect(taking.getByRole('table').getByRole('link', { name, exact: true })).toBeVisible()
    }
    // In addition to the two imported images.
    await expect(bellOf(giving)).toHaveAccessibleName('Notices, 4 unread')
  })

  await test.step('both are notified the day before, once, although several workers run', async () => {
    await endsIn(disk.id, day - 60_000)
    await Promise.all([tellEndingShares(new Date()), tellEndingShares(new Date())])
    await expect(bellOf(taking)).toHaveAccessibleName('Notices, 3 unread')
    await expect(bellOf(giving)).toHaveAccessibleName('Notices, 5 unread')
    await bellOf(taking).click()
    const told = taking.getByRole('main').getByText(`The sharing of ${disk.name} by ${harbour.username} ends in 1 day`)
    await expect(told).toHaveCount(1)
    await giving.goto('/notices')
    const link = giving
      .getByRole('main')
      .getByRole('link', { name: `The sharing of ${disk.name} with ${lantern.username} ends in 1 day` })
    await expect(link).toHaveCount(1)
  })

  await test.step('extended in bulk', async () => {
    await giving.goto(`/${region}/sharing?tab=given`)
    await giving.getByRole('checkbox', { name: 'Select all on this page' }).check()
    await giving.getByRole('button', { name: 'Extend' }).click()
    await giving.getByRole('combobox', { name: 'Until' }).selectOption('30')
    await giving.getByRole('button', { name: 'Extend' }).click()
    await expect(giving).toHaveURL(/\/sharing\?tab=given/)
    const ends = await db().share.findMany({ where: { ownerId: harbour.id }, select: { expiresAt: true } })
    expect(ends.map(({ expiresAt }) => (expiresAt?.getTime() ?? 0) > Date.now() + 29 * day)).toEqual([true, true])
  })

  await test.step('over at its moment, and the other stays', async () => {
    await endsIn(disk.id, 0)
    await taking.goto(`/${region}/images/shared`)
    await expect(taking.getByRole('table').getByRole('link', { name: other.name, exact: true })).toBeVisible()
    await expect(taking.getByRole('table').getByText(disk.name)).toHaveCount(0)
    expect((await taking.request.get(`/${region}/images/${disk.id}`)).status()).toBe(404)
    await giving.goto(`/${region}/images/${disk.id}/share`)
    await expect(giving.getByText(lantern.username)).toHaveCount(0)
    await endSharesOver(new Date())
  })

  await test.step('a sub-account without Sharing sees no button, and the action refuses it by the name of the policy', async () => {
    const ops = await account({ master: harbour, grants: [{ policy: 'ImagesFull', regions: null }] })
    const page = await browserPage(ops)
    await page.goto(`/${region}/images/custom`)
    await row(page.getByRole('table'), other.name)
      .getByRole('link', { name: /^Shared Images/ })
      .click()
    await expect(row(page.getByRole('table'), lantern.username)).toBeVisible()
    for (const name of ['Share Images', /^Cancel Sharing/])
      await expect(page.getByRole('button', { name })).toHaveCount(0)
    const input = { region, imageId: disk.id, usernames: [lantern.username] }
    expect(await act(await requestAs(ops), 'shareImageAction', input)).toEqual({
      ok: false,
      refusal: { code: 'NOT_PERMITTED', policy: 'Sharing', region },
    })
    expect(await db().share.count({ where: { ownerId: harbour.id } })).toBe(1)
  })

  await test.step('the audit page has all of it, and both it and the export are complete', async () => {
    await signChains()
    for (const action of ['create', 'accept', 'ending', 'extend', 'expire']) {
      await giving.goto(`/account/audit?action=share.${action}`)
      await expect(row(giving.getByRole('table'), `share.${action}`).first()).toContainText(lantern.username)
    }
    await giving.goto('/account/audit?action=operation')
    await expect(row(giving.getByRole('table'), 'operation.refuse')).toContainText('NOT_PERMITTED')
    await giving.getByRole('button', { name: 'Verify' }).click()
    await expect(giving.getByText('The audit trail is complete')).toBeVisible()
    expect(await proofOf(giving)).toMatchObject({ code: 0, said: expect.stringContaining(harbour.id) })
  })

  await test.step('after a row is changed by SQL the page and the export say which', async () => {
    const changed = await db().auditEntry.findFirstOrThrow({
      where: { accountId: harbour.id, action: 'share.extend' },
      select: { seq: true },
    })
    await tamper(Prisma.sql`
      UPDATE "AuditEntry" SET "recipientName" = 'nobody' WHERE "accountId" = ${harbour.id} AND seq = ${changed.seq}`)
    await giving.goto('/account/audit')
    await giving.getByRole('button', { name: 'Verify' }).click()
    await expect(giving.getByRole('alert').filter({ hasText: `Entry ${changed.seq} was changed` })).toBeVisible()
    expect(await proofOf(giving)).toMatchObject({
      code: 1,
      said: expect.stringContaining(`Entry ${changed.seq} was changed`),
    })
  })
})
