import { spawnSync } from 'node:child_process'
import { installWithApt } from './apt.mjs'

/** Whether ps and pgrep are installed; tests inspect processes with them. On Debian as root they are installed first. */
export function ensureProcps(): boolean {
  if (hasProcps()) return true
  console.log('Installing procps for the tests that look at processes (once) …')
  return installWithApt(['procps']) && hasProcps()
}

const hasProcps = () => ['ps', 'pgrep'].every((name) => !spawnSync(name, ['--version'], { stdio: 'ignore' }).error)
