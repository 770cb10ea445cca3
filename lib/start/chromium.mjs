// Finds a Chromium for the browser tests, or installs one: on Debian as root the system's own, else Playwright's.
// The font is for Chinese pages, for which a bare Debian has no letters.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const packages = ['chromium', 'fonts-wqy-microhei']

/**
 * The path of a Chromium that is there already.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const { chromium } = await import('@playwright/test')
  return [process.env.CHROMIUM_PATH, ...places, chromium.executablePath()].find(
    (place) => place && fs.existsSync(place),
  )
}

/**
 * The path of a Chromium, installed first when there is none; nothing where none can be had.
 * @returns {Promise<string | undefined>}
 */
export async function ensureChromium() {
  const found = await findChromium()
  if (found) return found
  console.log('Installing Chromium for the browser tests (once) …')
  const isRootOnDebian = process.getuid?.() === 0 && fs.existsSync('/usr/bin/apt-get')
  if (!(isRootOnDebian && installWithApt())) run('npx', ['playwright', 'install', 'chromium'])
  return findChromium()
}

function installWithApt() {
  const wait = ['-o', 'DPkg::Lock::Timeout=600', '-qq']
  const install = [...wait, 'install', '-y', '--no-install-recommends', ...packages]
  // The lists of a fresh image may be old or missing, so they are asked for first; an old list is better than none.
  run('apt-get', [...wait, 'update'])
  return run('apt-get', install)
}

// Installers are chatty; what they say matters only when they fail.
function run(command, args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status !== 0) console.error(`${command} ${args.join(' ')}\n${error ?? `${stdout}${stderr}`.slice(-2_000)}`)
  return status === 0
}

if (process.argv[1] === path.join(import.meta.dirname, 'chromium.mjs')) {
  const found = await ensureChromium()
  if (found) console.log(`Chromium: ${found}`)
  else {
    console.error('There is no Chromium and none could be installed. Install one and set CHROMIUM_PATH.')
    process.exit(1)
  }
}
