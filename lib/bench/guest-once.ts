import { readGuest } from '../disks/guest'

// Reads one disk in a separate process, to measure its memory alone.

const [path = '', format] = process.argv.slice(2)
const began = performance.now()
const layout = await readGuest({ path, format: format === 'qcow2' ? 'qcow2' : 'raw' })
const seconds = (performance.now() - began) / 1_000
console.log(JSON.stringify({ layout, seconds, mib: process.resourceUsage().maxRSS / 1024 }))
