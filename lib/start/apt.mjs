// Installs Debian packages, if this is Debian and we are root.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

/**
 * Whether packages can be installed: this is Debian, or one of its kind, and we are root.
 * @returns {boolean}
 */
export function isAptUsable() {
  return process.getuid?.() === 0 && fs.existsSync('/usr/bin/apt-get')
}

/**
 * Installs packages, and returns whether all of them are installed.
 * @param {string[]} packages
 * @returns {boolean}
 */
export function installWithApt(packages) {
  if (!isAptUsable()) return false
  const wait = ['-o', 'DPkg::Lock::Timeout=600', '-qq']
  // A fresh image may have no package lists, so update first; old lists are better than none.
  runQuietly('apt-get', [...wait, 'update'])
  return runQuietly('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages])
}

/**
 * Runs an installer. Its output is shown only if it fails.
 * @param {string} command
 * @param {string[]} args
 * @returns {boolean}
 */
export function runQuietly(command, args) {
  // Keeps Debian from starting services it installs; the tests start what they need themselves.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status !== 0) console.error(`${command} ${args.join(' ')}\n${error ?? `${stdout}${stderr}`.slice(-2_000)}`)
  return status === 0
}
