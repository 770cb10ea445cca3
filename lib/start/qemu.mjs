// Finds QEMU for the tests, or installs it on Debian as root. Tests that need a missing program are skipped.
import { spawnSync } from 'node:child_process'
import { installWithApt } from './apt.mjs'

/** Programs by Debian package. */
const packages = { 'qemu-utils': 'qemu-img', 'qemu-system-x86': 'qemu-system-x86_64', ovmf: null }

/**
 * Installs missing programs if possible, and returns those still missing.
 * @returns {string[]}
 */
export function ensureQemu() {
  if (findMissing().length === 0) return []
  console.log('Installing QEMU for the tests of disks and machines (once) …')
  installWithApt(Object.keys(packages))
  return findMissing()
}

function findMissing() {
  const programs = Object.values(packages).filter((program) => program !== null)
  return programs.filter((program) => spawnSync(program, ['--version']).status !== 0)
}
