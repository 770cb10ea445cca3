// Installs packages of Debian, where that is this system and we are root.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

/**
 * Installs packages, and returns whether all of them are installed.
 * @param {string[]} packages
 * @returns {boolean}
 */
export function installWithApt(packages) {
  if (process.getuid?.() !== 0 || !fs.existsSync('/usr/bin/apt-get')) return false
  const wait = ['-o', 'DPkg::Lock::Timeout=600', '-qq']
  // The package lists of a fresh image may be old or missing, so update first; an old list is better than none.
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
  // Debian starts a service when it is installed; the tests start what they need themselves.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (status !== 0) console.error(`${command} ${args.join(' ')}\n${error ?? `${stdout}${stderr}`.slice(-2_000)}`)
  return status === 0
}
