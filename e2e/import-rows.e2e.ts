import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { db } from '@/lib/db/client'
import { account, expect, imageRows, test, unique } from './fixtures'
import { begun, choose, diskFile, sizeMib, words } from './uploads'

const region = 'cn-shanghai'

/** A file that is not a disk, which every import refuses. */
function noDisk(name: string) {
  return { name: `${name}.img`, mimeType: 'application/octet-stream', buffer: randomBytes(2 ** 20) }
}

test('a row says that its image failed and why, accepts another file, and then links to sharing', async ({
  browserPage,
}, info) => {
  const [page, disk] = [await browserPage(await account()), await diskFile(info)]
  const name = unique('wrong')
  await page.goto(`/${region}/images/import`)
  await page.getByLabel('File', { exact: true }).setInputFiles(noDisk(name))
  await page.getByLabel('Operating system', { exact: true }).fill('Debian 12')
  await page.getByRole('button', { name: 'Import Image' }).click()
  const failed = page.getByRole('listitem', { name })
  await expect(failed).toContainText('Failed')
  await expect(failed).toContainText('no partition table')
  await expect(failed).not.toContainText(words.arrivedText)
  await failed.getByLabel(`${words.chooseOther}, ${name}`).setInputFiles(disk.file)
  await expect(failed).toBeHidden()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(name)
  await expect(page.getByLabel('Operating system', { exact: true })).toHaveValue('Debian 12')
  await page.getByRole('button', { name: 'Import Image' }).click()
  const row = page.getByRole('listitem', { name })
  await expect(row).toContainText('Available')
  await row.getByRole('link', { name: `${words.share}, ${name}` }).click()
  await expect(page).toHaveURL(/\/share$/)
  await expect(page.getByRole('main')).toContainText(name)
})

test('a failed import is reported on any open page, and in the top bar until it was seen', async ({
  browserPage,
}, info) => {
  const page = await browserPage(await account())
  const name = unique('wrong')
  const file = info.outputPath(`${name}.img`)
  await writeFile(file, randomBytes(sizeMib * 2 ** 20))
  const { network } = await begun(page, { file, name })
  await page.getByRole('link', { name: words.toImages }).click()
  await expect(page).toHaveURL(`/${region}/images/custom`)
  await network.mend()
  const toasts = page.getByRole('region', { name: 'Notifications' })
  await expect(toasts.getByText(`The import of ${name} failed.`)).toBeVisible()
  await page.getByRole('banner').getByRole('link', { name: '1 import failed' }).click()
  await expect(page.getByRole('listitem', { name })).toContainText('Failed')
  await expect(page.getByRole('banner').getByRole('link', { name: '1 import failed' })).toBeHidden()
})

test('the form shows the remaining quota, suggests systems in use, and keeps one spelling of each', async ({
  browserPage,
}, info) => {
  const owner = await account()
  await imageRows(owner, [{ operatingSystem: 'Debian 12', regionId: 'cn-shenzhen' }, { operatingSystem: 'Rocky 9' }])
  await db().quota.create({ data: { accountId: owner.id, regionId: region, resource: 'images', amount: 2 } })
  const [page, disk, more] = [await browserPage(owner), await diskFile(info), await diskFile(info)]
  await page.goto(`/${region}/images/import`)
  await expect(page.getByRole('meter', { name: 'Image quota' })).toHaveAttribute('aria-valuetext', '1 / 2')
  await choose(page, disk.file)
  await choose(page, more.file)
  const system = page.getByLabel('Operating system', { exact: true })
  const suggested = await system.evaluate((input: HTMLInputElement) =>
    Array.from(input.list?.options ?? [], (option) => option.value),
  )
  expect(suggested).toEqual(['Debian 12', 'Rocky 9'])
  await system.fill('debian12')
  await page.getByRole('button', { name: 'Import Image' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'is full: 2 of 2' })).toBeVisible()
  await expect(page.getByRole('meter', { name: 'Image quota' })).toHaveAttribute('aria-valuetext', '2 / 2')
  await expect(page.getByRole('listitem', { name: disk.name })).toContainText('Available')
  expect(await db().image.findMany({ where: { name: disk.name }, select: { operatingSystem: true } })).toEqual([
    { operatingSystem: 'Debian 12' },
  ])
})
