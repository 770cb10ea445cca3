import { type Browser, type BrowserContext, chromium, type Page } from '@playwright/test'
import { z } from 'zod'
import { findChromium } from '../start/chromium.mjs'
import { onEnd } from '../start/ending'

export type Script = { path: string; bytes: number; isInPage: boolean }

/** A page loaded by a browser with an empty cache. Times in milliseconds, sizes as transferred. */
export type Loaded = { scripts: Script[]; firstPaint: number; largestPaint: number; shift: number }

// Keep the browser from making requests of its own.
const args = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-quic',
  '--disable-sync',
  '--no-first-run',
]

export async function openBrowser(): Promise<Browser> {
  const executablePath = await findChromium()
  if (!executablePath) throw new Error('There is no Chromium. Install one and set CHROMIUM_PATH.')
  const browser = await chromium.launch({ executablePath, args, handleSIGINT: false, handleSIGTERM: false })
  onEnd(() => browser.close())
  return browser
}

export type Cookies = Parameters<BrowserContext['addCookies']>[0]

export async function signIn(browser: Browser, url: string, form: { username: string; password: string }) {
  const context = await browser.newContext()
  await context.request.post(`${url}/api/sign-in`, { form })
  const cookies = await context.cookies()
  await context.close()
  return cookies
}

export async function load(browser: Browser, url: string, cookies: Cookies, width: number): Promise<Loaded> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, locale: 'en-US' })
  await context.addCookies(cookies)
  try {
    const page = await context.newPage()
    const pending: Promise<Omit<Script, 'isInPage'>>[] = []
    page.on('response', (response) => {
      const request = response.request()
      if (request.resourceType() !== 'script') return
      const { pathname } = new URL(request.url())
      pending.push(request.sizes().then(({ responseBodySize: bytes }) => ({ path: pathname, bytes })))
    })
    const response = await page.goto(url, { waitUntil: 'networkidle' })
    if (!response?.ok() || page.url() !== url) throw new Error(`${url} led to ${page.url()} (${response?.status()}).`)
    const [html, found] = [await response.text(), await Promise.all(pending)]
    const scripts = found.map((script) => ({ ...script, isInPage: html.includes(script.path) }))
    return { scripts, ...(await readPaint(page)) }
  } finally {
    await context.close()
  }
}

// As text, because esbuild would add helper calls to a function.
const paintScript = `(async () => {
  const entries = (type) => new Promise((resolve) => {
    new PerformanceObserver((list) => resolve(list.getEntries())).observe({ type, buffered: true })
    // An observer is never called for an event that never happens.
    setTimeout(resolve, 500, [])
  })
  const [paints, largest, shifts] = await Promise.all(['paint', 'largest-contentful-paint', 'layout-shift'].map(entries))
  return {
    firstPaint: paints.find((entry) => entry.name === 'first-contentful-paint').startTime,
    largestPaint: largest.at(-1).startTime,
    shift: shifts.reduce((sum, entry) => sum + entry.value, 0),
  }
})()`

const paint = z.object({ firstPaint: z.number(), largestPaint: z.number(), shift: z.number() })

async function readPaint(page: Page): Promise<z.infer<typeof paint>> {
  return paint.parse(await page.evaluate(paintScript))
}
