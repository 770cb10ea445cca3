// Finds a Chromium for the browser tests, or installs one: on Debian as root the system's own, else Playwright's. The
// font is for Chinese pages, which a bare Debian cannot display.
import fs from 'node:fs'
import path from 'node:path'
import { installWithApt, isAptUsable, runQuietly } from './apt.mjs'

/** Debian's Chromium without the interface of a desktop browser: the same tests take a third less time. */
const headlessShell = '/usr/bin/chromium-headless-shell'
const debians = '/usr/bin/chromium'
const places = [headlessShell, debians, '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const packages = ['chromium-headless-shell', 'fonts-wqy-microhei']

/**
 * The path of an installed Chromium, the headless shell first.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const { chromium } = await import('@playwright/test')
  return [process.env.CHROMIUM_PATH, ...places, chromium.executablePath()].find(
    (place) => place && fs.existsSync(place),
  )
}

/**
 * The path of a Chromium. Without one it is installed, and Debian's gets its headless shell; undefined if there is none
 * and none could be installed.
 * @returns {Promise<string | undefined>}
 */
export async function ensureChromium() {
  const found = await findChromium()
  const lacksShell = found === debians && !process.env.CHROMIUM_PATH && isAptUsable()
  if (found && !lacksShell) return found
  console.log('Installing Chromium for the browser tests (once) …')
  if (!installWithApt(packages) && !found) runQuietly('npx', ['playwright', 'install', 'chromium'])
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
