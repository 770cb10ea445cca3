import { type BrowserContext, expect, type Page } from '@playwright/test'

/** Waits until forms and buttons have their scripts. After posting a form, first wait for the next page. */
export async function scriptsHaveCome(page: Page): Promise<void> {
  const without = () =>
    [...document.querySelectorAll('form, button')]
      .filter((element) => !Object.keys(element).some((key) => key.startsWith('__reactProps')))
      .map((element) => element.outerHTML)
  // Listeners on the whole page and restored input are set up in tasks soon after. Each message is such a task, even if a test holds
  // the clock.
  const someTasks = async () => {
    for (let task = 0; task < 10; task++)
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = resolve
        port2.postMessage(null)
      })
  }
  await expect(async () => {
    expect(await page.evaluate(without)).toEqual([])
    await page.evaluate(someTasks)
  }).toPass()
}

/**
 * Makes pages of this context wait for their scripts: before these have loaded, a button opens a page that does the same. Tests of
 * late scripts set `waitUntil` themselves.
 */
export function waitForScripts(context: BrowserContext): void {
  context.on('page', (page) => {
    const { goto, reload } = page
    page.goto = async (url, options) => {
      const response = await goto.call(page, url, options)
      if (!options?.waitUntil) await scriptsHaveCome(page)
      return response
    }
    page.reload = async (options) => {
      const response = await reload.call(page, options)
      if (!options?.waitUntil) await scriptsHaveCome(page)
      return response
    }
  })
}
