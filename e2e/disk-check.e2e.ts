import { db } from '@/lib/db/client'
import { newSecret, plantedDisk } from '@/lib/testing/builders-planted'
import { expectAccessible, looks } from './accessible'
import { account, ask, expect, heldByTest, image, lonelyDisk, messages, row, share, test } from './fixtures'

const region = 'cn-shanghai'
const because = 'It is the key of a test machine.'

test('a disk with a key is found, needs a reason to be shared, and its recipient sees the number of findings', async ({
  browserPage,
}) => {
  const [harbour, lantern] = [await account(), await account()]
  const secret = newSecret()
  const disk = await image(harbour, { disk: plantedDisk(secret), isUnchecked: true })
  const page = await browserPage(harbour)
  await page.goto(`/${region}/images/${disk.id}/share`)
  const check = page.getByRole('region', { name: 'Disk Check' })
  await expect(check).toContainText('1 critical')
  await expect(check.getByRole('listitem')).toContainText(/\/SERVER\.KEY/i)
  await expectAccessible(page, 'a disk with findings before it is shared', looks)

  const submit = page.getByRole('button', { name: 'Share Images' })
  await page.getByRole('textbox', { name: 'Username' }).fill(lantern.username)
  await submit.click()
  const reason = page.getByRole('textbox', { name: 'Reason' })
  await expect(page.getByRole('alert').filter({ hasText: 'The disk of this image has 1 finding' })).toBeVisible()
  await reason.fill('too short')
  await submit.click()
  await expect(page.getByRole('alert').filter({ hasText: messages.en.problems['too-short'] })).toBeVisible()
  await reason.fill(because)
  await submit.click()
  await expect(row(page.getByRole('table'), lantern.username)).toBeVisible()

  await check.getByRole('link', { name: 'Open the report' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Disk Check')
  await expect(page.getByText(/^\/SERVER\.KEY/i)).toBeVisible()
  for (let at = 0; at + 12 <= secret.length; at += 12)
    expect(await page.content()).not.toContain(secret.slice(at, at + 12))
  await expectAccessible(page, 'a report with findings', looks)
  await page.getByText('Ignore', { exact: true }).click()
  await page.getByRole('textbox', { name: 'Reason' }).fill(because)
  await page.getByRole('button', { name: 'Ignore with this reason' }).click()
  await expect(page.getByText(`“${because}”`)).toBeVisible()
  await expect(page.getByText('0 critical')).toBeVisible()
  for (const format of ['JSON', 'SARIF']) {
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: `Export ${format}` }).click()
    expect((await download).suggestedFilename()).toBe(`disk-check-${disk.id}.${format.toLowerCase()}`)
  }
  await page.goto(`/${region}/images/custom`)
  await expect(row(page.getByRole('table'), disk.name)).toContainText('Disk checked: all findings ignored')

  const theirs = await browserPage(lantern)
  await theirs.goto(`/${region}/images/shared`)
  await expect(row(theirs.getByRole('table'), disk.name)).toContainText('Shared with 1 known finding')
  await theirs.goto(`/${region}/images/${disk.id}`)
  await expect(theirs.getByText('Shared with 1 known finding')).toBeVisible()
  expect(await theirs.content()).not.toMatch(/SERVER\.KEY/i)
})

test('a clean disk is shown as clean, needs no reason, and can be checked again', async ({ browserPage }) => {
  const [harbour, lantern] = [await account(), await account()]
  const disk = await image(harbour, { disk: lonelyDisk(), isUnchecked: true })
  const page = await browserPage(harbour)
  await page.goto(`/${region}/images/${disk.id}/check`)
  await expect(page.getByText('Clean', { exact: true })).toBeVisible()
  await expect(page.getByText('1 file', { exact: true })).toBeVisible()
  await expectAccessible(page, 'the report of a clean disk', looks)
  await page.getByRole('checkbox', { name: 'Also look for deleted data' }).check()
  await page.getByRole('button', { name: 'Check Again' }).click()
  await expect(page.getByText('Looked for', { exact: true })).toBeVisible()
  await page.goto(`/${region}/images/${disk.id}/share`)
  await expect(page.getByRole('region', { name: 'Disk Check' })).toContainText('nothing private was found')
  await expect(page.getByRole('textbox', { name: 'Reason' })).toHaveCount(0)
  await page.getByRole('textbox', { name: 'Username' }).fill(lantern.username)
  await page.getByRole('button', { name: 'Share Images' }).click()
  const theirs = await browserPage(lantern)
  await expect(row(page.getByRole('table'), lantern.username)).toBeVisible()
  await theirs.goto(`/${region}/images/shared`)
  await expect(row(theirs.getByRole('table'), disk.name)).toContainText(/Checked .*: clean/)
})

test('a check that ends with the previous verdict is shown as ended', async ({ browserPage }) => {
  const harbour = await account()
  // Unique bytes: other tests check the ones that they share.
  const disk = await image(harbour, { disk: lonelyDisk() })
  const { sha256 } = await db().image.findUniqueOrThrow({ where: { id: disk.id } })
  const mark = async (isQueued: boolean) => {
    const data = { isQueued, ...heldByTest(), filesLooked: 3, filesTotal: 3 }
    await db().check.update({ where: { sha256: sha256 ?? '' }, data })
  }
  await mark(true)
  const page = await browserPage(harbour)
  await page.goto(`/${region}/images/${disk.id}/check`)
  const again = page.getByText('It is being checked again.')
  await expect(again).toBeVisible()
  await mark(false)
  await expect(again).toHaveCount(0)
  // The next answer equals the previous one.
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route(/\/check\?region=/, async (route) => {
    await held
    await route.continue()
  })
  await page.getByRole('button', { name: 'Check Again' }).click()
  await expect(again).toBeVisible()
  await mark(false)
  release()
  await expect(again).toHaveCount(0)
})

test('the verdict can be read by owner and recipient, the report by the owner only, and neither by anybody else', async ({
  requestAs,
}) => {
  const [harbour, lantern, meadow] = [await account(), await account(), await account()]
  const disk = await image(harbour)
  await share(harbour, disk, [lantern])
  const verdict = (id: string) => `/api/images/${id}/check?region=${region}`
  const report = (id: string) => `/api/images/${id}/check/export?region=${region}&format=sarif`
  const asked = async (who: Parameters<typeof requestAs>[0], url: string) => await ask(await requestAs(who), url)
  for (const url of [verdict(disk.id), report(disk.id)]) {
    expect(await asked(null, url)).toMatchObject({ status: 401, body: '{"refusal":{"code":"SIGNED_OUT"}}' })
    const answered = await asked(harbour, url)
    expect(answered).toMatchObject({ status: 200, headers: { 'cache-control': 'private, no-store' } })
  }
  const seen = await asked(lantern, verdict(disk.id))
  expect(Object.keys(JSON.parse(seen.body)).sort()).toEqual(['checkedAt', 'findings', 'state', 'view'])
  const hidden = [
    { who: lantern, url: report },
    { who: meadow, url: verdict },
    { who: meadow, url: report },
  ]
  for (const { who, url } of hidden) {
    const { body } = await asked(who, url('img-0000000000'))
    expect(await asked(who, url(disk.id))).toMatchObject({ status: 404, body })
  }
})
