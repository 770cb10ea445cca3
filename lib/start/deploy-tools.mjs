// Finds the programs that check what deploy/ offers, or installs them on Debian as root. The tests that need what is missing
// are skipped.
import fs from 'node:fs'
import { installWithApt } from './apt.mjs'

const promtool = '/usr/bin/promtool'

export function findPromtool() {
  return [process.env.PROMTOOL_PATH, promtool].find((place) => place && fs.existsSync(place))
}

/**
 * The names of the programs that are missing, after those that could be installed are there.
 * @returns {string[]}
 */
export function ensureDeployTools() {
  if (!findPromtool()) {
    console.log('Installing promtool for the tests of deploy/ (once) …')
    installWithApt(['prometheus'])
  }
  return findPromtool() ? [] : ['promtool']
}

const containerTools = ['/usr/bin/buildah', '/usr/sbin/debootstrap']

export function hasContainerTools() {
  return containerTools.every((file) => fs.existsSync(file))
}

/**
 * Whether containers can be built, after what they need was installed where that is possible.
 * @returns {boolean}
 */
export function ensureContainerTools() {
  if (!hasContainerTools()) {
    console.log('Installing buildah and debootstrap for the test of the container (once) …')
    installWithApt(['buildah', 'debootstrap'])
  }
  return hasContainerTools()
}
