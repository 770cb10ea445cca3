import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

/** The start time of a process, which together with its pid is unique; undefined if it has ended. Pids are reused. */
export function processStart(pid: number): string | undefined {
  if (process.platform !== 'linux') return startFromPs(pid)
  try {
    // The name in the second field may contain spaces and brackets; the fields after its last bracket do not.
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ')
    const [state] = fields
    // A zombie is still listed.
    if (state === 'Z' || state === 'X') return undefined
    return `${bootId()} ${fields[19]}`
  } catch {
    return undefined
  }
}

let boot: string | undefined

function bootId(): string {
  boot ??= fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return boot
}

function startFromPs(pid: number): string | undefined {
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' })
  const [, state, start] = /^(\S+)\s+(.+?)\s*$/.exec(stdout) ?? []
  return state?.startsWith('Z') ? undefined : start
}
