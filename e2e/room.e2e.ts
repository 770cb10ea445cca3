import type { Page } from '@playwright/test'
import { db } from '@/lib/db/client'
import { sideways } from './accessible'
import { account, expect, image, imageRows, longest, messages, row, share, signIn, test } from './fixtures'
import { instanceRows, snapshotRows } from './instance-rows'

const region = 'cn-shanghai'
const widths = [1440, 1280, 1100, 1024, 900, 768, 390, 320]
const cardsBelow = 900
/** A date with two digits for day and hour in China, and wide letters: a list's width must not depend on the time of day. */
const widest = new Date('2024-03-20T14:44:44Z')

/** Overlapping or broken words in the visible rows, with their places. */
async function broken(page: Page): Promise<string[]> {
  return await page.getByRole('row').evaluateAll((rows) => {
    const problems: string[] = []
    const textsOf = (element: Element) => {
      const texts: Text[] = []
      const walk = document.createTreeWalker(element, NodeFilter.SHOW_TEXT)
      while (walk.nextNode()) if (walk.currentNode instanceof Text) texts.push(walk.currentNode)
      return texts
    }
    const boxesOf = (text: Text) => {
      const range = document.createRange()
      range.selectNodeContents(text)
      return [...range.getClientRects()].filter(({ width }) => width > 0)
    }
    for (const entry of rows) {
      const name = entry.querySelector('td[data-lead] :is(a, .ellipsis)')
      if (!name) continue
      const id = textsOf(entry).find(({ data }) => /^(img|ins|snap)-\w{10}$/.test(data))
      const [idBox] = id ? boxesOf(id) : []
      if (!idBox || name.getBoundingClientRect().bottom > idBox.top + 1) problems.push(`name over id: ${id?.data}`)
      const unbroken = [...entry.querySelectorAll('time, .rounded-full')].flatMap(textsOf)
      for (const text of id ? [id, ...unbroken] : unbroken) {
        if (boxesOf(text).length > 1) problems.push(`in two lines: ${text.data}`)
      }
      if (getComputedStyle(entry).display === 'table-row') {
        const operations = [...entry.querySelectorAll('.row-operations :is(a, button)')]
        const heights = operations.map((one) => one.getBoundingClientRect()).filter(({ width }) => width > 0)
        if (new Set(heights.map(({ top }) => Math.round(top))).size > 1)
          problems.push(`operations of ${name.textContent}`)
      }
      // The cells of a card have no visible edges, and buttons reach into its padding to align with the text.
      const cells = [...entry.querySelectorAll('td')].filter((cell) => cell.getBoundingClientRect().width > 0)
      const edged = getComputedStyle(entry).display === 'table-row' ? cells : [entry]
      for (const box of edged) {
        if (box.scrollWidth > box.clientWidth + 1) problems.push(`beyond its column: ${box.textContent}`)
      }
    }
    return problems
  })
}

for (const { locale, t } of [
  { locale: 'en-US', t: messages.en },
  { locale: 'zh-CN', t: messages.zh },
]) {
  test.describe(locale, () => {
    test.use({ locale })
    test.slow()

    test('nothing in a list breaks or overlaps, and nothing scrolls sideways, at any width', async ({
      page,
      context,
    }) => {
      const [owner, other] = [await account(), await account({ username: longest('m', 32) })]
      const failure = { code: 'DISK_REFUSED', reason: 'backing-file', facts: {} }
      await imageRows(owner, [
        { name: longest('W', 128), operatingSystem: longest('M', 64), createdAt: widest },
        { state: 'failed', failure, virtualSize: 0, operatingSystem: 'Windows Server 2022 Datacenter' },
        { state: 'importing', step: 'CONVERT', moved: 45, virtualSize: 1_500n * 2n ** 30n },
        { state: 'deleted', createdAt: widest, deletedAt: new Date() },
        { name: 'web-01' },
      ])
      const lent = await image(other, { name: longest('W', 128), os: longest('M', 64) })
      await share(other, lent, [owner], longest('W', 200))
      const [machine] = await instanceRows(owner, [
        { name: longest('W', 128), image: lent, sharer: other },
        { name: 'guarded', image: lent, sharer: other, isProtected: true },
        { state: 'failed', image: lent, sharer: other, reason: { code: 'FAULT', detail: longest('x', 200) } },
      ])
      if (machine)
        await snapshotRows(owner, machine, [
          { name: longest('W', 128), consistency: 'POWER_CUT' },
          { state: 'failed', failure: { code: 'SNAPSHOT_TIMED_OUT' } },
          { state: 'creating', doneBytes: 2n ** 29n },
        ])
      const at = { where: { ownerId: owner.id }, data: { createdAt: widest } }
      await db().instance.updateMany(at)
      await db().snapshot.updateMany(at)
      await db().share.updateMany({ where: { recipientId: owner.id }, data: { createdAt: widest } })
      await signIn(context, owner)
      const lists = ['images/custom', 'images/custom?state=deleted', 'images/shared', 'instances', 'snapshots']
      for (const list of lists) {
        await page.goto(`/${region}/${list}`)
        for (const width of widths) {
          await page.setViewportSize({ width, height: 900 })
          const isCards = width < cardsBelow
          await expect
            .poll(() =>
              page
                .getByRole('row')
                .last()
                .evaluate((entry) => getComputedStyle(entry).display),
            )
            .toBe(isCards ? 'flex' : 'table-row')
          const problems = [...(await broken(page)), ...(await sideways(page))]
          expect.soft(problems, `${list} at ${width}`).toEqual([])
        }
      }
    })

    test('a narrow table moves columns into the first one and operations into More', async ({ page, context }) => {
      const owner = await account()
      const [web] = await imageRows(owner, [{ name: 'web-01', operatingSystem: 'Debian 12' }])
      await signIn(context, owner)
      await page.goto(`/${region}/images/custom`)
      const entry = row(page.getByRole('table'), 'web-01')
      const operation = (label: string) => entry.getByLabel(`${label}, ${web?.name}`)
      // In the console's time zone, in which a year begins earlier than here.
      const year = new RegExp(new Date().toLocaleDateString('en-US', { year: 'numeric', timeZone: 'Asia/Shanghai' }))
      for (const width of widths) {
        await page.setViewportSize({ width, height: 900 })
        const isNarrow = width >= cardsBelow && width < 1280
        await expect(entry.getByText('Debian 12').filter({ visible: true }), `${width}`).toHaveCount(1)
        await expect(operation(t.images.sharedImages), `${width}`).toBeVisible()
        for (const label of [t.images.copyImage, t.images.delete]) {
          await expect(operation(label), `${label} at ${width}`).toBeVisible({ visible: !isNarrow })
        }
        await expect(operation(t.images.more), `${width}`).toBeVisible({ visible: isNarrow })
        await expect(entry.getByText(year).filter({ visible: true }), `${width}`).toHaveCount(1)
        const hasTime = width < cardsBelow || width > 1280
        await expect(entry.getByText(/\d:\d\d/).filter({ visible: true }), `${width}`).toHaveCount(hasTime ? 1 : 0)
      }
      await page.setViewportSize({ width: 1024, height: 900 })
      await operation(t.images.more).click()
      await page.getByRole('menuitem', { name: t.images.delete }).click()
      await expect(page.getByRole('alertdialog')).toBeVisible()
    })
  })
}

test('a truncated name is shown in full on hover and on focus, until Escape', async ({ page, context }) => {
  const owner = await account()
  const [long, short] = await imageRows(owner, [{ name: longest('W', 128) }, { name: 'web-01' }])
  await signIn(context, owner)
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 900 })
    await page.goto(`/${region}/images/custom`)
    const name = page.getByRole('link', { name: long?.name, exact: true })
    const shown = page.getByText(long?.name ?? '', { exact: true })
    await expect(shown).toHaveCount(1)
    await name.focus()
    await expect(shown).toHaveCount(2)
    await page.keyboard.press('Escape')
    await expect(shown).toHaveCount(1)
    await name.hover()
    await expect(shown).toHaveCount(2)
    await page.getByRole('link', { name: short?.name, exact: true }).hover()
    await expect(shown).toHaveCount(1)
    await expect(page.getByText(short?.name ?? '', { exact: true })).toHaveCount(1)
  }
})
