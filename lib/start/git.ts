import { spawnSync } from 'node:child_process'
import { installWithApt } from './apt.mjs'

/** Whether git is installed; tests list the clone's files with it. On Debian as root it is installed first. */
export function ensureGit(): boolean {
  if (hasGit()) return true
  console.log('Installing git for the tests of the repository (once) …')
  return installWithApt(['git']) && hasGit()
}

const hasGit = () => spawnSync('git', ['--version'], { stdio: 'ignore' }).status === 0
