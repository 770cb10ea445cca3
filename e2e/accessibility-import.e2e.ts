import { db } from '@/lib/db/client'
import { expectAccessible, expectAccessiblePage, looks } from './accessible'
import { account, expect, image, imageRows, longest, messages, signIn, test, unique } from './fixtures'

const region = 'cn-shanghai'

// Off, because a trace copies the page for every step of axe.
test.use({ trace: 'off' })

for (const { locale, t, some } of [
  { locale: 'en-US', t: messages.en, some: looks },
  { locale: 'zh-CN', t: messages.zh, some: looks.slice(2) },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()

    test('importing is accessible: empty, with a file chosen and refused, and with unfinished uploads', async ({
      page,
    }, info) => {
      const owner = await account()
      await signIn(page.context(), owner)
      await page.goto(`/${region}/images/import`)
      await expectAccessiblePage(page, 'import', some)
      const buffer = Buffer.alloc(1000, 'not a disk')
      await page
        .getByLabel(t.import.file, { exact: true })
        .setInputFiles({ name: `${longest('W', 120)}.img`, mimeType: 'application/octet-stream', buffer })
      await page.getByLabel(t.images.name, { exact: true }).fill('🎉')
      await page.getByRole('button', { name: t.import.submit }).click()
      await expectAccessiblePage(page, 'import, refused', some)
      const rest = { state: 'importing', moved: 40 } as const
      await imageRows(owner, [{ ...rest, name: longest('W', 128), originName: `${longest('W', 200)}.img` }])
      await page.goto(`/${region}/images/import`)
      await expect(page.getByRole('region', { name: t.import.unfinished })).toBeVisible()
      await expectAccessiblePage(page, `import with what is unfinished, ${info.project.name}`, some)
    })

    test('copying, its progress, the recycle bin and the picture of a disk are accessible', async ({ page }) => {
      const owner = await account()
      await signIn(page.context(), owner)
      const disk = await image(owner, { name: longest('W', 128) })
      await page.goto(`/${region}/images/${disk.id}`)
      await expect(page.getByRole('img')).toBeVisible()
      await expectAccessiblePage(page, 'details with the picture of the disk', some)
      await page.goto(`/${region}/images/${disk.id}/copy`)
      await expectAccessiblePage(page, 'copy', some)
      const copying = {
        state: 'copying',
        moved: 43,
        copyOfId: disk.id,
        copyOfRegionId: region,
      } as const
      const [copy] = await imageRows(owner, [{ ...copying, name: longest('W', 128) }])
      await page.goto(`/${region}/images/custom`)
      await expectAccessiblePage(page, 'a copy in the list', some)
      await page.goto(`/${region}/images/${copy?.id}`)
      await expectAccessiblePage(page, 'a copy on its page', some)
      const [left] = await imageRows(owner, [{ name: unique('left') }])
      const deletedAt = new Date()
      await db().image.update({ where: { id: left?.id }, data: { state: 'deleted', deletedAt } })
      await page.goto(`/${region}/images/custom?state=deleted`)
      await expectAccessiblePage(page, 'the recycle bin', some)
      await page.goto(`/${region}/images/empty-bin`)
      await expectAccessiblePage(page, 'emptying the recycle bin without scripts', some)
      await page.goto(`/${region}/images/${left?.id}`)
      await expectAccessiblePage(page, 'an image in the recycle bin', some)
      await page.getByRole('button', { name: `${t.images.deleteForGood}, ${left?.name}` }).click()
      await expect(page.getByRole('alertdialog')).toBeVisible()
      await expectAccessible(page, 'deleting for good', some)
    })
  })
}
