import { db } from '@/lib/db/client'
import { account, expect, imageRows, signIn, test } from './fixtures'

test('a failed image can be imported again under its name, one in the bin restored, and nothing else', async ({
  page,
  context,
}) => {
  const owner = await account()
  const [failed, binned] = await imageRows(owner, [
    { state: 'failed', failure: { code: 'IMPORT_INTERRUPTED' }, operatingSystem: 'Rocky 9' },
    {},
  ])
  await db().image.update({ where: { id: binned?.id }, data: { state: 'deleted', deletedAt: new Date() } })
  await signIn(context, owner)
  const main = page.getByRole('main')
  const open = async (disk: { id: string; name: string } | undefined) => {
    await page.goto(`/cn-shanghai/images/${disk?.id}`)
    await expect(page.getByRole('heading', { level: 1, name: disk?.name })).toBeVisible()
    await expect(main.getByRole('link', { name: 'Shared Images' })).toHaveCount(0)
    await expect(main.getByRole('button', { name: 'Edit' })).toHaveCount(0)
  }
  await open(binned)
  await expect(main.getByText('Nobody. Restore the image to share it again.')).toBeVisible()
  await expect(main.getByRole('button', { name: `Restore, ${binned?.name}` })).toBeVisible()
  await open(failed)
  await expect(main.getByText('Nobody. A failed image cannot be shared.')).toBeVisible()
  await main.getByRole('link', { name: 'Import Again' }).click()
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(failed?.name ?? '')
  await expect(page.getByLabel('Operating system', { exact: true })).toHaveValue('Rocky 9')
})
