// Finds the programs that check deploy/, or installs them on Debian as root. Tests without their program are
// skipped.
import fs from 'node:fs'
import { installWithApt } from './apt.mjs'

const promtool = '/usr/bin/promtool'

export function findPromtool() {
  return [process.env.PROMTOOL_PATH, promtool].find((place) => place && fs.existsSync(place))
}

/**
 * Installs missing programs if possible, and returns the names of those still missing.
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
 * Installs the tools for containers if possible, and returns whether containers can be built.
 * @returns {boolean}
 */
export function ensureContainerTools() {
  if (!hasContainerTools()) {
    console.log('Installing buildah and debootstrap for the test of the container (once) …')
    installWithApt(['buildah', 'debootstrap'])
  }
  return hasContainerTools()
}
