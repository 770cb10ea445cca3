import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { account, expect, expectRow, row, storedIn, test, unique } from './fixtures'
import { begun, diskFile, expectAvailable, sizeMib, words } from './uploads'

const here = 'cn-shanghai'
const there = 'cn-shenzhen'

// A disk of a realistic size: ECS_UPLOAD_TEST_MIB=2048 npm test -- browser e2e/life.e2e.ts
test('a disk is uploaded, interrupted and resumed, copied to another region, shared there, deleted for good, and leaves the store empty', async ({
  browserPage,
}, info) => {
  test.setTimeout(600_000 + sizeMib * 500)
  const [owner, recipient] = [await account(), await account({ username: unique('lantern') })]
  const page = await browserPage(owner)
  const disk = await diskFile(info)
  const patient = { timeout: 120_000 + sizeMib * 100 }

  await test.step('it is uploaded in the browser, although the network is cut in the middle', async () => {
    const { network } = await begun(page, disk)
    await network.cut()
    await expect(page.getByRole('listitem', { name: disk.name })).toContainText(words.offlineText)
    await network.mend()
    await expectAvailable(page, disk, patient)
  })

  await test.step('it is copied to another region under the eyes of its owner', async () => {
    await page.getByRole('link', { name: `Copy Image, ${disk.name}` }).click()
    await page.getByLabel('Target region').selectOption(there)
    await page.getByRole('button', { name: 'Copy Image' }).click()
    await expect(page).toHaveURL(new RegExp(`/${there}/images/img-`))
    // A small disk is copied before its progress can be seen.
    if (sizeMib >= 1024) await expect(page.getByText(/Copying \d+ %/).first()).toBeVisible()
    await expect(page.getByText('Available', { exact: true })).toBeVisible(patient)
  })

  await test.step('it is shared there, and the recipient has it there', async () => {
    await page.getByRole('link', { name: 'Shared Images' }).first().click()
    await page.getByRole('textbox', { name: 'Username' }).fill(recipient.username)
    await page.getByRole('button', { name: 'Share Images' }).click()
    await expectRow(page.getByRole('table'), recipient.username, { 'Shared by': owner.username })
    const theirs = await browserPage(recipient)
    await theirs.goto(`/${there}/images/shared`)
    await expect(row(theirs.getByRole('table'), disk.name)).toBeVisible()
  })

  await test.step('both are deleted, deleted for good from the recycle bin, and the stores are empty of them', async () => {
    const images = await db().image.findMany({ where: { ownerId: owner.id }, include: { blob: true } })
    const keys = images.map(({ blob }) => (blob ? blobKey(blob) : 'none'))
    expect([...(await storedIn(here)), ...(await storedIn(there))]).toEqual(expect.arrayContaining(keys))
    for (const region of [there, here]) {
      await page.goto(`/${region}/images/custom`)
      await page.getByRole('button', { name: `Delete, ${disk.name}` }).click()
      const dialog = page.getByRole('alertdialog')
      if (region === there) await dialog.getByLabel('Type the image’s name to confirm').fill(disk.name)
      await dialog.getByRole('button', { name: /delete$/i }).click()
      await page.getByRole('link', { name: 'Recycle bin (1)' }).click()
      await page.getByRole('button', { name: `Delete for Good, ${disk.name}` }).click()
      await dialog.getByRole('button', { name: 'Delete for Good', exact: true }).click()
      await expect(page.getByText('The recycle bin is empty.')).toBeVisible()
    }
    const left = async () => [...(await storedIn(here)), ...(await storedIn(there))].filter((key) => keys.includes(key))
    await expect.poll(left).toEqual([])
  })
})
