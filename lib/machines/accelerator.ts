import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'

export type Accelerator = { accel: 'kvm' | 'tcg'; cpu: string }

const patienceMs = 10_000
const sector = 512
/** QEMU's exit code after a successful probe: (0x10 << 1) | 1. */
const probeDone = 33

/**
 * A boot sector, assembled from probe.S: it enters protected mode three times, takes an interrupt there and returns, as every boot
 * loader does, and then reports success. A broken KVM fails at exactly that.
 */
export const probeCode =
  'fa31c08ed88ed0bc0070b90300510f0116b07c0f011ec67c0f20c00c010f22c0ea257c080066b810008ed88ed06631c08ee08ee8cd01ea3d7c000018' +
  '00b820008ed88ed00f20c024fe0f22c0ea517c000031c08ed88ed00f011ecc7cb8030159e2abbe787cac84c07406baf803eeebf5b010e6f4f4ebfdcf' +
  '4543532d50524f42450a008d742600900000000000000000ffff0000009acf00ffff00000092cf00ffff0000009a0000ffff0000009200002700887c' +
  '00000000000000000000777c0800008e00000f00b67c0000ff0300000000'

const ways: Accelerator[] = [
  { accel: 'kvm', cpu: 'host' },
  { accel: 'kvm', cpu: 'host,-arch-capabilities' },
  { accel: 'kvm', cpu: 'qemu64' },
  { accel: 'tcg', cpu: 'max' },
]

/**
 * The fastest accelerator that really runs a guest here, found by running one; null if none does. Being able to open /dev/kvm is no
 * proof: the guest may be stopped at its first mode switch.
 */
export async function findAccelerator(program: string, allowed: 'auto' | 'kvm' | 'tcg'): Promise<Accelerator | null> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'ecs-probe-'))
  try {
    const disk = path.join(folder, 'probe.img')
    const bytes = Buffer.alloc(sector)
    Buffer.from(probeCode, 'hex').copy(bytes)
    bytes.writeUInt16LE(0xaa55, sector - 2)
    await writeFile(disk, bytes)
    for (const way of ways)
      if ((allowed === 'auto' || way.accel === allowed) && (await runs(program, way, disk))) return way
    return null
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const kept = z.object({
  facts: z.record(z.string(), z.string()),
  accelerator: z.object({ accel: z.enum(['kvm', 'tcg']), cpu: z.string() }),
})

/** Reuses the stored result while all `facts`, such as QEMU's and the kernel's version, are unchanged. A failure is never stored. */
export async function recallAccelerator(
  file: string,
  facts: Record<string, string>,
  find: () => Promise<Accelerator | null>,
): Promise<Accelerator | null> {
  const before = await readFile(file, 'utf8')
    .then((text) => kept.parse(JSON.parse(text)))
    .catch(() => null)
  if (before && isDeepStrictEqual(before.facts, facts)) return before.accelerator
  const accelerator = await find()
  if (!accelerator) return null
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(`${file}.new`, JSON.stringify({ facts, accelerator }), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return accelerator
}

/** The host's properties that determine how a guest can run, besides QEMU and the setting. */
export async function acceleratorFacts(): Promise<Record<string, string>> {
  const canOpenKvm = await access('/dev/kvm', constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  )
  return { kernel: os.release(), processor: os.cpus()[0]?.model ?? '', kvm: String(canOpenKvm) }
}

function runs(program: string, way: Accelerator, disk: string): Promise<boolean> {
  return new Promise((resolve) => {
    const drive = `file=${disk},format=raw,if=ide,readonly=off,snapshot=on`
    const debugExit = 'isa-debug-exit,iobase=0xf4,iosize=4'
    const args = ['-accel', way.accel, '-cpu', way.cpu, '-m', '16', '-nodefaults', '-no-user-config', '-no-reboot']
    const probe = spawn(program, [...args, '-display', 'none', '-drive', drive, '-device', debugExit], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const timer = setTimeout(() => probe.kill('SIGKILL'), patienceMs)
    // Nothing follows this message: the guest hangs.
    probe.stderr.on('data', (text) => String(text).includes('KVM internal error') && probe.kill('SIGKILL'))
    probe.once('error', () => resolve(false))
    probe.once('close', (code) => {
      clearTimeout(timer)
      resolve(code === probeDone)
    })
  })
}
