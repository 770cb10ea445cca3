import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { account, expect, expectRow, messages, test, unique } from './fixtures'

const region = 'cn-shanghai'
const words = messages.en.import
const sizeMib = Number(process.env.ECS_UPLOAD_TEST_MIB ?? 12)

/** A disk on this machine, as somebody would choose it. */
async function diskFile(folder: { outputPath: (name: string) => string }) {
  const bytes = buildRawDisk({ sizeMib, label: 'UPLOAD', seed: Math.floor(Math.random() * 1e6) })
  const name = unique('disk')
  const file = folder.outputPath(`${name}.img`)
  await writeFile(file, bytes)
  return { file, name, sha256: createHash('sha256').update(bytes).digest('hex') }
}

/** The network of a page: narrow, so that an upload can be met in its middle, then cut, then as it was. */
async function networkOf(page: Page) {
  const client = await page.context().newCDPSession(page)
  const set = (offline: boolean, uploadThroughput: number) =>
    client.send('Network.emulateNetworkConditions', { offline, latency: 0, downloadThroughput: -1, uploadThroughput })
  return {
    narrow: () => set(false, (sizeMib / 12) * 2 ** 20),
    cut: () => set(true, -1),
    mend: () => set(false, -1),
  }
}

const progressOf = (page: Page, name: string) => page.getByRole('progressbar', { name: `Upload of ${name}` })
const percentOf = async (page: Page, name: string) => Number(await progressOf(page, name).getAttribute('aria-valuenow'))

async function choose(page: Page, file: string): Promise<void> {
  await page.getByLabel('File', { exact: true }).setInputFiles(file)
}

/** Begins an upload as a person does, and comes back when a part of it has arrived. */
async function begun(page: Page, disk: { file: string; name: string }) {
  await page.goto(`/${region}/images/import`)
  const network = await networkOf(page)
  await network.narrow()
  await choose(page, disk.file)
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(disk.name)
  await page.getByLabel('Operating system', { exact: true }).fill('Debian 12')
  await page.getByRole('button', { name: 'Import Image' }).click()
  await expect.poll(() => percentOf(page, disk.name)).toBeGreaterThanOrEqual(15)
  const { id } = await db().image.findFirstOrThrow({ where: { name: disk.name } })
  return { imageId: id, network }
}

async function expectAvailable(page: Page, disk: { name: string; sha256: string }): Promise<void> {
  const row = page.getByRole('listitem', { name: disk.name })
  await expect(row).toContainText(words.arrivedText)
  await page.getByRole('link', { name: words.toImages }).click()
  await expectRow(page.getByRole('table', { name: /Custom images/ }), disk.name, { State: 'Available' })
  const stored = await db().image.findMany({ where: { name: disk.name } })
  expect(stored).toMatchObject([{ state: 'available', originSha256: disk.sha256, claimedSha256: disk.sha256 }])
}

test('a disk is uploaded though the network goes and comes back, and becomes available', async ({
  browserPage,
}, info) => {
  const [page, disk] = [await browserPage(await account()), await diskFile(info)]
  const { network } = await begun(page, disk)
  await network.cut()
  await expect(page.getByRole('listitem', { name: disk.name })).toContainText(words.offlineText)
  const kept = await percentOf(page, disk.name)
  expect(kept).toBeGreaterThan(0)
  await network.mend()
  await expect(page.getByRole('listitem', { name: disk.name })).toContainText(words.states.arrived)
  await expectAvailable(page, disk)
})

test('after a reload in the middle the same file goes on where it stopped, and another one is not taken for it', async ({
  browserPage,
}, info) => {
  const [page, disk, other] = [await browserPage(await account()), await diskFile(info), await diskFile(info)]
  const { imageId } = await begun(page, disk)
  page.on('dialog', (dialog) => dialog.accept())
  await page.reload()
  const unfinished = page.getByRole('region', { name: words.unfinished })
  await expect(unfinished.getByRole('listitem', { name: disk.name })).toBeVisible()
  await unfinished.getByLabel(`${words.chooseAgain}, ${disk.name}`).setInputFiles(other.file)
  await expect(unfinished.getByRole('alert')).toContainText('This is another file.')
  // The form takes it for what it is, too.
  await choose(page, disk.file)
  await expect(unfinished).toBeHidden()
  expect(await percentOf(page, disk.name)).toBeGreaterThan(0)
  await expect(page.getByRole('listitem', { name: disk.name })).toContainText(words.states.arrived)
  await expectAvailable(page, disk)
  expect(await db().image.findUnique({ where: { id: imageId } })).toMatchObject({ name: disk.name })
})

test('an upload is paused, shown in the top bar of other pages, and cancelled', async ({ browserPage }, info) => {
  const [page, disk] = [await browserPage(await account()), await diskFile(info)]
  const { imageId } = await begun(page, disk)
  await page.getByRole('link', { name: words.toImages }).click()
  await page
    .getByRole('banner')
    .getByRole('link', { name: /^1 upload, \d+%/ })
    .click()
  const row = page.getByRole('listitem', { name: disk.name })
  await row.getByRole('button', { name: `${words.pause}, ${disk.name}` }).click()
  await expect(row).toContainText(words.states.paused)
  await expect(row.getByRole('button', { name: `${words.resume}, ${disk.name}` })).toBeVisible()
  await row.getByRole('button', { name: `${words.cancel}, ${disk.name}` }).click()
  const dialog = page.getByRole('alertdialog')
  await dialog.getByRole('button', { name: words.cancel }).click()
  await expect(dialog).toBeHidden()
  await expect(row).toBeHidden()
  expect(await db().image.findUnique({ where: { id: imageId } })).toBe(null)
})

test('what cannot be uploaded is said before a byte is sent, and what is refused stays in the form', async ({
  browserPage,
}, info) => {
  const owner = await account()
  const [page, disk] = [await browserPage(owner), await diskFile(info)]
  await page.goto(`/${region}/images/import`)
  await page.getByLabel('Name', { exact: true }).fill('web 01')
  await page.getByLabel('Operating system', { exact: true }).fill('Debian 12')
  await page.getByRole('button', { name: 'Import Image' }).click()
  await expect(page.getByText(words.noFile)).toBeVisible()
  const empty = info.outputPath('empty.img')
  await writeFile(empty, '')
  await choose(page, empty)
  await expect(page.getByText('empty.img is empty.')).toBeVisible()
  await choose(page, disk.file)
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('web 01')
  await page.getByLabel('Name', { exact: true }).fill('web <01>')
  await page.getByRole('button', { name: 'Import Image' }).click()
  await expect(page.getByText(messages.en.problems.characters)).toBeVisible()
  await db().quota.create({ data: { accountId: owner.id, regionId: region, images: 0 } })
  await page.getByLabel('Name', { exact: true }).fill('web 01')
  await page.getByRole('button', { name: 'Import Image' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'is full: 0 of 0' })).toBeVisible()
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(0)
})
