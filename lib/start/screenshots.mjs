// `npm run screenshots`: takes the pictures of docs/screenshots again, from a console that `npm start` serves with its
// demo data.
import fs from 'node:fs'
import path from 'node:path'
import { chromium } from '@playwright/test'
import { findChromium } from './chromium.mjs'

const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT || 3000}`
const folder = path.resolve(import.meta.dirname, '../../docs/screenshots')
const demo = path.resolve(process.env.ECS_DATA_DIR || '.data', 'demo.json')
const region = 'cn-shanghai'

if (!fs.existsSync(demo)) {
  console.error(`There is no demo data (${demo}). Start a console with an empty data folder: npm start`)
  process.exit(1)
}
const { password } = JSON.parse(fs.readFileSync(demo, 'utf8'))
const browser = await chromium.launch({ executablePath: await findChromium() })

/**
 * @param {string} name
 * @param {string} username
 * @param {(page: import('@playwright/test').Page) => Promise<void>} go
 */
async function take(name, username, go) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 760 }, reducedMotion: 'reduce' })
  const page = await context.newPage()
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { level: 1 }).waitFor()
  await go(page)
  await page.mouse.move(0, 0)
  await page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled', fullPage: true })
  await context.close()
  console.log(`docs/screenshots/${name}.png`)
}

const list = `${url}/${region}/images/custom`
await take('custom-images', 'harbour', async (page) => {
  await page.goto(list, { waitUntil: 'networkidle' })
})
await take('share-page', 'harbour', async (page) => {
  await page.goto(list)
  await page.getByRole('link', { name: 'Shared Images, web-01' }).click()
  await page.getByRole('textbox', { name: 'Username' }).fill('lantern, tenant-03,')
  await page.getByTitle('tenant-03: Found').waitFor()
  await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
})
await browser.close()
