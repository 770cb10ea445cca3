import { db } from '@/lib/db/client'
import { tellEndingShares } from '@/lib/shares/writes-ending'
import { account, act, expect, image, row, share, test, unique } from './fixtures'

const region = 'cn-shanghai'
const day = 24 * 60 * 60 * 1000

/** Moves a share in time, as if it had been made earlier, so that it ends in `ms`. */
async function endsIn(imageId: string, ms: number): Promise<void> {
  await db().$executeRaw`
    UPDATE "Share" SET "endNoticeAt" = "endNoticeAt" - ("expiresAt" - (clock_timestamp() + ${ms} * interval '1 millisecond')),
      "expiresAt" = clock_timestamp() + ${ms} * interval '1 millisecond' WHERE "imageId" = ${imageId}`
}

test('a share until next week is offered, accepted, told of the day before, extended with another, and over at its moment', async ({
  browserPage,
}) => {
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
    // Besides the two images that have arrived.
    await expect(bellOf(giving)).toHaveAccessibleName('Notices, 4 unread')
  })

  await test.step('both are told the day before, once, though several workers look', async () => {
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
  })
})

test('a sub-account without Sharing sees who has an image and no button, and the action refuses it by the name of the policy', async ({
  browserPage,
  requestAs,
}) => {
  const [harbour, lantern, other] = [await account(), await account(), await account()]
  const disk = await image(harbour)
  await share(harbour, disk, [lantern])
  const ops = await account({ master: harbour, grants: [{ policy: 'ImagesFull', regions: null }] })
  const page = await browserPage(ops)
  await page.goto(`/${region}/images/custom`)
  await row(page.getByRole('table'), disk.name)
    .getByRole('link', { name: /^Shared Images/ })
    .click()
  await expect(row(page.getByRole('table'), lantern.username)).toBeVisible()
  for (const name of ['Share Images', /^Cancel Sharing/])
    await expect(page.getByRole('button', { name })).toHaveCount(0)
  const input = { region, imageId: disk.id, usernames: [other.username] }
  expect(await act(await requestAs(ops), 'shareImageAction', input)).toEqual({
    ok: false,
    refusal: { code: 'NOT_PERMITTED', policy: 'Sharing', region },
  })
  expect(await db().share.count({ where: { imageId: disk.id } })).toBe(1)
})
