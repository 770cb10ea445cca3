import { type BrowserContext, expect, type Page } from '@playwright/test'

/**
 * Has pages of this context wait for their scripts: before those have come, a button leads to a page that does the same. Tests of
 * late scripts say `waitUntil` themselves.
 */
export function waitForScripts(context: BrowserContext): void {
  const without = () =>
    [...document.querySelectorAll('form, button')]
      .filter((element) => !Object.keys(element).some((key) => key.startsWith('__reactProps')))
      .map((element) => element.outerHTML)
  const haveCome = (page: Page) =>
    expect(async () => expect(await page.evaluate(without)).toEqual([])).toPass({ timeout: 30_000 })
  context.on('page', (page) => {
    const { goto, reload } = page
    page.goto = async (url, options) => {
      const response = await goto.call(page, url, options)
      if (!options?.waitUntil) await haveCome(page)
      return response
    }
    page.reload = async (options) => {
      const response = await reload.call(page, options)
      if (!options?.waitUntil) await haveCome(page)
      return response
    }
  })
}
