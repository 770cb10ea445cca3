import { readGuest } from '../disks/guest'

// Reads one disk in a process of its own, so that its memory is that of nothing else.

const [path = '', format] = process.argv.slice(2)
const began = performance.now()
const layout = await readGuest({ path, format: format === 'qcow2' ? 'qcow2' : 'raw' })
const seconds = (performance.now() - began) / 1_000
console.log(JSON.stringify({ layout, seconds, mib: process.resourceUsage().maxRSS / 1024 }))
