// Finds qemu-img for the tests, or installs it on Debian as root. Without it the tests that need it are skipped.
import { spawnSync } from 'node:child_process'
import { installWithApt } from './apt.mjs'

/** Whether qemu-img is there, installed first when it was not and could be. */
export function ensureQemu() {
  if (hasQemu()) return true
  console.log('Installing qemu-img for the tests of disks (once) …')
  installWithApt(['qemu-utils'])
  return hasQemu()
}

function hasQemu() {
  return spawnSync('qemu-img', ['--version']).status === 0
}
