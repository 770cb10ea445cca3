// Finds a Chromium for the browser tests, or installs one: on Debian as root the system's own, else Playwright's. The
// font is for Chinese pages, which a bare Debian cannot display.
import fs from 'node:fs'
import path from 'node:path'
import { installWithApt, runQuietly } from './apt.mjs'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const packages = ['chromium', 'fonts-wqy-microhei']

/**
 * The path of an installed Chromium.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const { chromium } = await import('@playwright/test')
  return [process.env.CHROMIUM_PATH, ...places, chromium.executablePath()].find(
    (place) => place && fs.existsSync(place),
  )
}

/**
 * The path of a Chromium, which is installed if necessary; undefined if that fails.
 * @returns {Promise<string | undefined>}
 */
export async function ensureChromium() {
  const found = await findChromium()
  if (found) return found
  console.log('Installing Chromium for the browser tests (once) …')
  if (!installWithApt(packages)) runQuietly('npx', ['playwright', 'install', 'chromium'])
  return findChromium()
}

if (process.argv[1] === path.join(import.meta.dirname, 'chromium.mjs')) {
  const found = await ensureChromium()
  if (found) console.log(`Chromium: ${found}`)
  else {
    console.error('There is no Chromium and none could be installed. Install one and set CHROMIUM_PATH.')
    process.exit(1)
  }
}
