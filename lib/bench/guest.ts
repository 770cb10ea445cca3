import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { type Figure, type Findings, median } from './figures'
import { type Place, tell } from './place'

const secondsMax = 5
const mibMax = 250
const readings = 3
const diskBytes = 2 * 1024 ** 3

const tools = ['debootstrap', 'mke2fs', 'qemu-img'] as const
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }

const disks = [
  { name: 'raw', format: 'raw', file: 'disk.raw', convert: null },
  { name: 'qcow2', format: 'qcow2', file: 'disk.qcow2', convert: ['-O', 'qcow2'] },
  { name: 'qcow2, deflate', format: 'qcow2', file: 'packed.qcow2', convert: ['-c', '-O', 'qcow2'] },
] as const

const reading = z.object({
  layout: z.object({ operatingSystem: z.string(), unread: z.null() }),
  seconds: z.number(),
  mib: z.number(),
})

/** How long reading a disk of 2 GiB with a Debian on it takes, and the peak memory of the process. */
export async function measureGuest(place: Place): Promise<Findings> {
  const missing = tools.filter((tool) => spawnSync(tool, ['--version'], { env }).error)
  if (missing.length > 0 || process.getuid?.() !== 0) {
    const reason = missing.length > 0 ? `no ${missing.join(', no ')}` : 'not run as root'
    return { figures: [], notes: [`Guests were not measured: ${reason} on this machine.`] }
  }
  const folder = path.join(place.folder, 'guest')
  fs.mkdirSync(folder)
  const make = (tool: (typeof tools)[number], ...args: string[]) => {
    const { status, stderr } = spawnSync(tool, args, { cwd: folder, encoding: 'utf8', env })
    if (status !== 0) throw new Error(`${tool} failed.\n${stderr}`)
  }
  // Kept between runs, named by a hash of its recipe.
  const recipe = createHash('sha256')
    .update(fs.readFileSync(import.meta.filename))
    .digest('hex')
    .slice(0, 12)
  const kept = path.join(os.tmpdir(), `ecs-console-guest-disk-${recipe}.qcow2`)
  if (!fs.existsSync(kept)) {
    tell('Guest: a Debian is unpacked, which takes minutes and is kept for the next run …')
    make('debootstrap', '--variant=minbase', 'bookworm', 'root')
    fs.writeFileSync(path.join(folder, 'made.raw'), '')
    fs.truncateSync(path.join(folder, 'made.raw'), diskBytes)
    make('mke2fs', '-q', '-F', '-t', 'ext4', '-d', 'root', 'made.raw')
    make('qemu-img', 'convert', '-f', 'raw', '-O', 'qcow2', 'made.raw', `${kept}.part`)
    fs.renameSync(`${kept}.part`, kept)
  }
  tell('Guest: disks with a Debian are read …')
  make('qemu-img', 'convert', '-f', 'qcow2', '-O', 'raw', kept, 'disk.raw')
  return { figures: disks.flatMap(measureDisk), notes: [] }

  function measureDisk({ name, format, file, convert }: (typeof disks)[number]): Figure[] {
    if (convert) make('qemu-img', 'convert', '-f', 'raw', ...convert, 'disk.raw', file)
    const results = Array.from({ length: readings }, () => readOnce(path.join(folder, file), format))
    const seconds = median(results.map((result) => result.seconds))
    const mib = Math.max(...results.map((result) => result.mib))
    const aim = (number: number) => ({ of: 'value', bound: 'at most', number }) as const
    return [
      { section: 'guest', name: `look into a Debian, ${name}`, value: seconds, unit: 's', aim: aim(secondsMax) },
      { section: 'guest', name: `memory for it, ${name}`, value: mib, unit: 'MiB', aim: aim(mibMax) },
    ]
  }
}

function readOnce(disk: string, format: string): z.infer<typeof reading> {
  const program = path.join(import.meta.dirname, 'guest-once.ts')
  const args = ['--conditions=react-server', '--import', 'tsx', program, disk, format]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (!stdout) throw new Error(`A disk could not be read.\n${stderr}`)
  return reading.parse(JSON.parse(stdout))
}
