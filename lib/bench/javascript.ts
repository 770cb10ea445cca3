import fs from 'node:fs'
import path from 'node:path'
import type { Browser } from '@playwright/test'
import { z } from 'zod'
import { paths } from '@/lib/paths'
import { type Cookies, type Loaded, load, openBrowser, signIn } from './browser'
import { type Figure, type Findings, median } from './figures'
import { makeImageRows } from './image-rows'
import { type Place, tell } from './place'
import { consoleFolder, cookieFor, startConsole, startServer } from './programs'
import { describeScripts } from './script-contents'
import { workingCopy } from './working-copy'

const kilobytesMax = 180
const desktop = 1280
const widths = [desktop, 390]
const demoRegion = 'cn-shanghai'
const rowsOfCopy = 100

const demoFile = z.object({ password: z.string(), accounts: z.array(z.string()) })
const imageList = z.object({ items: z.array(z.object({ id: z.string() })) })

type Visitor = { browser: Browser; url: string; cookies: Cookies }
type Screen = { name: string; path: string }

/** The scripts that a browser loads for the Images page and the share page, their paint times and layout shifts. */
export async function measureJavaScript(place: Place): Promise<Findings> {
  tell('JavaScript: the console starts with its demo data …')
  const server = await startConsole(place)
  const browser = await openBrowser()
  const visitor = { browser, url: server.url, cookies: await signInToDemo(place, browser, server.url) }
  const least = kilobytes(await load(browser, `${server.url}${paths.signIn()}`, [], desktop))
  const figures: Figure[] = []
  for (const screen of await screensOf(visitor, demoRegion)) {
    figures.push(...(await measureScreen(place, visitor, screen, least)))
  }
  await server.stop()
  const notes = place.isVerbose ? await describePages(place, browser) : []
  await browser.close()
  return { figures, notes }
}

async function signInToDemo(place: Place, browser: Browser, url: string): Promise<Cookies> {
  const demo = demoFile.parse(JSON.parse(fs.readFileSync(path.join(consoleFolder(place), 'demo.json'), 'utf8')))
  return await signIn(browser, url, { username: demo.accounts[0] ?? '', password: demo.password })
}

async function screensOf({ browser, url, cookies }: Visitor, region: string): Promise<Screen[]> {
  const context = await browser.newContext()
  await context.addCookies(cookies)
  const answer = await context.request.get(`${url}${paths.api.images({ region })}`)
  const image = imageList.parse(await answer.json()).items[0]
  await context.close()
  if (!image) throw new Error(`There is no image in ${region}.`)
  return [
    { name: 'Images page', path: paths.customImages(region) },
    { name: 'share page', path: paths.shareImage(region, image.id) },
  ]
}

async function measureScreen({ sizes }: Place, visitor: Visitor, screen: Screen, least: number): Promise<Figure[]> {
  const wide: Loaded[] = []
  const shifts: number[] = []
  for (let round = 0; round < sizes.rounds; round++) {
    for (const width of widths) {
      const loaded = await load(visitor.browser, `${visitor.url}${screen.path}`, visitor.cookies, width)
      shifts.push(loaded.shift)
      if (width === desktop) wide.push(loaded)
    }
  }
  const section = 'javascript'
  return [
    {
      section,
      name: `${screen.name}: first-load JavaScript, gzip`,
      value: median(wide.map(kilobytes)),
      unit: 'kB',
      limit: { value: least, of: 'sign-in page' },
      aim: { of: 'value', bound: 'at most', number: kilobytesMax },
    },
    {
      section,
      name: `${screen.name}: Largest Contentful Paint`,
      value: median(wide.map((loaded) => loaded.largestPaint)),
      unit: 'ms',
      limit: { value: median(wide.map((loaded) => loaded.firstPaint)), of: 'first paint' },
    },
    {
      section,
      name: `${screen.name}: layout shift`,
      value: Math.max(...shifts),
      unit: '',
      aim: { of: 'value', bound: 'at most', number: 0 },
    },
  ]
}

function kilobytes({ scripts }: Loaded): number {
  return scripts.reduce((sum, script) => sum + script.bytes, 0) / 1_000
}

// Loads the pages from the working copy, whose scripts differ only in their source maps.
async function describePages(place: Place, browser: Browser): Promise<string[]> {
  const copy = await workingCopy(place)
  const rows = await makeImageRows(place, { name: 'scripts', images: rowsOfCopy })
  const server = await startServer(place, copy.folder, rows.url, copy.environment)
  const [name = '', value = ''] = cookieFor(server, rows.owner.session).split('=')
  const visitor = { browser, url: server.url, cookies: [{ name, value, url: server.url }] }
  const notes: string[] = []
  for (const screen of await screensOf(visitor, rows.region)) {
    const { scripts } = await load(browser, `${server.url}${screen.path}`, visitor.cookies, desktop)
    notes.push(
      `What the scripts of the ${screen.name} hold:`,
      ...describeScripts(scripts, path.join(copy.folder, '.next')),
    )
  }
  await server.stop()
  return notes
}
