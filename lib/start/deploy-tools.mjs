// Finds the programs that check what deploy/ offers, or installs them on Debian as root. The tests that need what is missing
// are skipped.
import fs from 'node:fs'
import { installWithApt } from './apt.mjs'

const promtool = '/usr/bin/promtool'

/** The path of Prometheus' own checker, if it is there. */
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
