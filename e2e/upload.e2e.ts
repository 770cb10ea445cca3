import { writeFile } from 'node:fs/promises'
import { db } from '@/lib/db/client'
import { account, expect, messages, test, unique } from './fixtures'
import { begun, choose, diskFile, expectAvailable, networkOf, percentOf, words } from './uploads'

const region = 'cn-shanghai'

test('an upload survives a broken network, and its image becomes available', async ({ browserPage }, info) => {
  const [page, disk] = [await browserPage(await account()), await diskFile(info)]
  const { network } = await begun(page, disk)
  await network.cut()
  await expect(page.getByRole('listitem', { name: disk.name })).toContainText(words.offlineText)
  const kept = await percentOf(page, disk.name)
  expect(kept).toBeGreaterThan(0)
  await network.mend()
  await expectAvailable(page, disk)
})

test('after a reload the same file resumes where it stopped, and another file does not', async ({
  browserPage,
}, info) => {
  const [page, disk, other] = [await browserPage(await account()), await diskFile(info), await diskFile(info)]
  const { imageId, network } = await begun(page, disk)
  page.on('dialog', (dialog) => dialog.accept())
  await page.reload()
  const unfinished = page.getByRole('region', { name: words.unfinished })
  await expect(unfinished.getByRole('listitem', { name: disk.name })).toBeVisible()
  await unfinished.getByLabel(`${words.chooseAgain}, ${disk.name}`).setInputFiles(other.file)
  await expect(unfinished.getByRole('alert')).toContainText('This is another file.')
  // The form recognises it too.
  await choose(page, disk.file)
  await expect(unfinished).toBeHidden()
  expect(await percentOf(page, disk.name)).toBeGreaterThan(0)
  await network.mend()
  await expectAvailable(page, disk)
  expect(await db().image.findUnique({ where: { id: imageId } })).toMatchObject({ name: disk.name })
})

test('two disks dropped on the page are uploaded side by side, each with its rate and remaining time', async ({
  browserPage,
}) => {
  const page = await browserPage(await account())
  const names = [unique('drop'), unique('drop')]
  await page.goto(`/${region}/images/import`)
  await (await networkOf(page)).nearlyShut()
  const dropped = await page.evaluateHandle((names) => {
    const files = new DataTransfer()
    for (const name of names) files.items.add(new File([new Uint8Array(12 * 2 ** 20).fill(65)], `${name}.img`))
    return files
  }, names)
  await page.getByLabel('File', { exact: true }).dispatchEvent('drop', { dataTransfer: dropped })
  await expect(page.getByLabel('Name', { exact: true })).toHaveCount(2)
  await page.getByLabel('Operating system', { exact: true }).fill('Debian 12')
  await page.getByRole('button', { name: 'Import Image' }).click()
  for (const name of names) {
    const upload = page.getByRole('listitem', { name })
    await expect(upload).toContainText(/MiB of 12 MiB · [\d.]+ (KiB|MiB)\/s · (\d+ s|\d+ min) left/)
    await expect(upload.getByRole('button', { name: `${words.pause}, ${name}` })).toBeVisible()
  }
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

test('unusable files are refused before a byte is sent, and stay in the form', async ({ browserPage }, info) => {
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
  await db().quota.create({ data: { accountId: owner.id, regionId: region, resource: 'images', amount: 0 } })
  await page.getByLabel('Name', { exact: true }).fill('web 01')
  await page.getByRole('button', { name: 'Import Image' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'is full: 0 of 0' })).toBeVisible()
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(0)
})
