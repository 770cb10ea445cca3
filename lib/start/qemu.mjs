// Finds QEMU for the tests, or installs it on Debian as root. The tests that need what is missing are skipped.
import { spawnSync } from 'node:child_process'
import { installWithApt } from './apt.mjs'

/** Programs by the package of Debian that has them. */
const packages = { 'qemu-utils': 'qemu-img', 'qemu-system-x86': 'qemu-system-x86_64', ovmf: null }

/**
 * The programs that are missing, after what could be installed is there.
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
