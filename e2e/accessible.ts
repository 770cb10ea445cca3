import AxeBuilder from '@axe-core/playwright'
import { expect, type Page } from '@playwright/test'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
const desk = 1280
const phone = 320
/** 1440 px at a zoom of 200 %. */
const zoomed = 720
/** A theme only changes colours, so the second scan checks only those. */
export const looks = [
  { colorScheme: 'light', width: desk, rules: [] },
  { colorScheme: 'dark', width: desk, rules: ['color-contrast'] },
  { colorScheme: 'dark', width: phone, rules: [] },
] as const
export type Look = (typeof looks)[number]

/** The elements that scroll sideways, or show beyond the right edge of the page. */
export async function sideways(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    // The visible right edge: the element's, limited by every ancestor that clips it.
    const edge = (element: Element): number => {
      let right = element.getBoundingClientRect().right
      for (let box = element.parentElement; box && box !== document.body; box = box.parentElement) {
        if (getComputedStyle(box).overflowX !== 'visible') right = Math.min(right, box.getBoundingClientRect().right)
      }
      return right
    }
    const wide = [document.documentElement, ...document.body.getElementsByTagName('*')].filter((element) => {
      const isScrolled = /auto|scroll/.test(getComputedStyle(element).overflowX) || element === document.documentElement
      if (isScrolled && element.scrollWidth > element.clientWidth) return true
      return edge(element) > document.documentElement.clientWidth + 0.5
    })
    return wide.slice(0, 3).map(({ tagName, textContent }) => `too wide: ${tagName} ${textContent?.slice(0, 40)}`)
  })
}

/** The violated rules, each with its elements. */
async function broken(page: Page, rules: readonly string[], except: string[]): Promise<string[]> {
  // One frame, so axe need not open another page to merge results.
  const axe = new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .disableRules(except)
  const { violations } = await (rules.length > 0 ? axe.withRules([...rules]) : axe.withTags(tags)).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
}

const opened = (page: Page) =>
  page.getByRole('menu').or(page.getByRole('listbox')).or(page.getByRole('dialog')).or(page.getByRole('alertdialog'))

/** Checks one state of a page in every look. `open` reopens what closes when the window changes, such as a menu. */
export async function expectAccessible(
  page: Page,
  state: string,
  some: readonly Look[],
  open?: () => Promise<void>,
  except: string[] = [],
) {
  const found: string[] = []
  for (const { colorScheme, width, rules } of some) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 900 })
    await open?.()
    // Its code may load late. Escape closes only what is already open; opening afterwards, it would cover the page in the next look.
    if (open) await expect(opened(page).first()).toBeVisible()
    // Scroll to the top: axe counts a target under the sticky top bar as too small.
    await page.evaluate(() => window.scrollTo(0, 0))
    const problems = await broken(page, rules, except)
    if (width === phone) problems.push(...(await sideways(page)))
    found.push(...problems.map((problem) => `${colorScheme} ${width}: ${problem}`))
    if (open) {
      await page.keyboard.press('Escape')
      await expect(opened(page)).toHaveCount(0)
    }
  }
  await page.setViewportSize({ width: zoomed, height: 450 })
  if (!open) found.push(...(await sideways(page)).map((problem) => `zoomed: ${problem}`))
  await page.setViewportSize({ width: desk, height: 900 })
  expect.soft(found, state).toEqual([])
}

/** The same for a state that is a page: it has one h1, and a title with the state and the product. */
export async function expectAccessiblePage(page: Page, state: string, some: readonly Look[]) {
  await expect(page.getByRole('heading', { level: 1 }), state).toHaveCount(1)
  await expect(page, state).toHaveTitle(/^(.{2,} · )?Open ECS Console$/)
  await expectAccessible(page, state, some)
}
