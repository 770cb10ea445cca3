import fs from 'node:fs'
import { readIfThere } from '../embedded/data-folder'

// Linux reports ticks of a hundredth of a second to programs, whatever it uses itself.
const msPerTick = 10

type Process = { pid: number; parent: number; ticks: number }

/** The processor time in milliseconds of a process and its descendants so far, including those that have ended. */
export function processorMs(pid: number): number {
  if (process.platform !== 'linux') throw new Error('Processor time is read from /proc, which only Linux has.')
  const all = readProcesses()
  const ticks = (parent: number): number =>
    all.filter((one) => one.parent === parent).reduce((sum, one) => sum + one.ticks + ticks(one.pid), 0)
  const own = all.find((one) => one.pid === pid)
  if (!own) throw new Error(`There is no process ${pid}.`)
  return (own.ticks + ticks(pid)) * msPerTick
}

function readProcesses(): Process[] {
  const pids = fs
    .readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0)
  return pids.flatMap((pid) => {
    // The name may contain spaces and brackets; later fields do not.
    const fields = readIfThere(`/proc/${pid}/stat`)?.split(') ').at(-1)?.split(' ')
    if (!fields) return []
    // utime and stime, then those of children that have ended and been waited for.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return [{ pid, parent: Number(fields[1]), ticks }]
  })
}
