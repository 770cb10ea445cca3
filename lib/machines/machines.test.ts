import { execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { bootDisk, storeBase, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { until } from '@/lib/testing/until'
import { findAccelerator, probeCode } from './accelerator'
import { NotRunning, ViewersFull } from './errors'
import type { MachineBase, MachineBuild, MachineState } from './machine'
import { QemuMachines } from './qemu'
import { seedVolume } from './seed'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-machines-'))
vi.stubEnv('ECS_DATA_DIR', folder)
vi.stubEnv('DATABASE_URL', 'postgresql://nowhere')
const disk = whyNoMachine() === null ? await bootDisk() : null
const why = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
// A guest with one emulated processor needs seconds to boot, and more on a busy host.
const real = (name: string, run: () => Promise<void>) => test.skipIf(why !== '')(name, run)
const shape = { vcpus: 1, memoryMib: 192 }
const settings = {
  folder: path.join(folder, 'machines'),
  accelerator: 'tcg',
  reserveMin: 0,
  firstUid: 610_000,
} as const
const machines = new QemuMachines(settings)
const id = 'ins-test000001'
let base: MachineBase
let build: MachineBuild

beforeAll(() => {
  if (!disk) return
  base = storeBase(folder, 'xx-test', disk)
  build = { build: 'one', base, diskBytes: 2 ** 30, bootMode: 'BIOS', login: null }
})
afterEach(async () => {
  for (const each of await machines.list()) await machines.destroy(each)
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

async function becomes(state: MachineState['state']): Promise<MachineState> {
  return await until(async () => {
    const found = await machines.state(id)
    expect(found.state).toBe(state)
    return found
  })
}

/** Ids of the QEMU processes of this machine. */
function qemuOf(machine = id): number[] {
  const found = spawnSync('pgrep', ['-f', `^qemu-system.* guest=${machine},`], { encoding: 'utf8' })
  return found.stdout.trim().split('\n').filter(Boolean).map(Number)
}

async function start(login: MachineBuild['login'] = null): Promise<Terminal> {
  await machines.prepare(base)
  await machines.build(id, { ...build, login })
  await machines.start(id, shape)
  return new Terminal(await machines.console(id))
}

real(`a machine starts from an image, speaks, hears, and ends at its power button ${why}`, async () => {
  const terminal = await start({ hostName: 'quay-7', sshKey: null, userData: null })
  expect(await machines.state(id)).toEqual({ state: 'running', reason: null })
  await terminal.sees('Tiny Linux on quay-7')
  await terminal.sees('/ #')
  terminal.type('echo SUM=$((6*7))')
  await terminal.sees('SUM=42')
  const picture = await machines.picture(id)
  expect(picture?.subarray(1, 4).toString()).toBe('PNG')
  await machines.stop(id)
  expect(await becomes('stopped')).toEqual({ state: 'stopped', reason: { code: 'GUEST_OFF' } })
  expect((await machines.consoleLog(id)).toString()).toContain('SUM=42')
  const [run, ...others] = await machines.runs(id)
  expect(others).toEqual([])
  expect(run?.isOpen).toBe(false)
  expect(Number(run?.to)).toBeGreaterThan(Number(run?.from))
})

real('what the guest writes to its disk stays, and the bytes of the image do not change', async () => {
  const before = execFileSync('sha256sum', [path.join(folder, 'stores/xx-test/boot-disk')]).toString()
  const terminal = await start()
  await terminal.sees('/ #')
  terminal.type('echo kept-here | dd of=/dev/vda bs=512 seek=1000000 conv=sync && sync && echo DONE-$?')
  await terminal.sees('DONE-0')
  await machines.kill(id)
  // The log also has the output of the first boot.
  const { length } = await machines.consoleLog(id)
  await machines.start(id, shape)
  const again = new Terminal(await machines.console(id, { offset: length }))
  await again.sees('/ #')
  again.type('dd if=/dev/vda bs=512 skip=1000000 count=1 | tr -d "\\0"; echo')
  await again.sees('\nkept-here')
  expect(execFileSync('sha256sum', [path.join(folder, 'stores/xx-test/boot-disk')]).toString()).toBe(before)
})

real('a building is done once, and another one makes the disk anew', async () => {
  await machines.build(id, build)
  const file = path.join(settings.folder, id, 'machine/disk.qcow2')
  const first = fs.statSync(file).ino
  await machines.build(id, build)
  expect(fs.statSync(file).ino).toBe(first)
  fs.writeFileSync(path.join(settings.folder, id, 'machine/left-behind'), '')
  await machines.build(id, { ...build, build: 'two' })
  expect(fs.existsSync(path.join(settings.folder, id, 'machine/left-behind'))).toBe(false)
  await expect(machines.build(id, { ...build, build: 'three', diskBytes: 2 ** 20 })).rejects.toThrow('smaller')
})

real('machines outlive the console, and another console finds them', async () => {
  const terminal = await start()
  await terminal.sees('/ #')
  terminal.view.stream.destroy()
  const next = new QemuMachines(settings)
  expect((await next.state(id)).state).toBe('running')
  await Promise.all([next.start(id, shape), machines.start(id, shape)])
  expect(qemuOf()).toHaveLength(1)
  const view = await next.console(id, { offset: terminal.view.offset + 5 })
  expect(view.offset).toBe(5)
  view.stream.destroy()
})

real('two starts at the same moment run one machine', async () => {
  await machines.build(id, build)
  const others = [new QemuMachines(settings), new QemuMachines(settings)]
  await Promise.all([machines, ...others].map((each) => each.start(id, shape)))
  expect((await machines.state(id)).state).toBe('running')
  expect(qemuOf()).toHaveLength(1)
})

real('QEMU that is killed has failed, and takes no proof with it', async () => {
  await start()
  for (const pid of qemuOf()) process.kill(pid, 'SIGKILL')
  expect((await becomes('failed')).reason?.code).toBe('MACHINE_DIED')
  expect((await machines.runs(id)).map((run) => run.isOpen)).toEqual([false])
})

real('a keeper that is killed takes its machine with it, and both can start again', async () => {
  await start()
  const [keeper] = spawnSync('pgrep', ['-f', `keeper.mjs ${settings.folder}/${id}`], { encoding: 'utf8' }).stdout.split(
    '\n',
  )
  process.kill(Number(keeper), 'SIGKILL')
  expect((await becomes('failed')).reason?.code).toBe('KEEPER_DIED')
  await until(() => expect(qemuOf()).toEqual([]))
  await machines.start(id, shape)
  expect((await machines.state(id)).state).toBe('running')
  expect((await machines.runs(id)).map((run) => run.isOpen)).toEqual([false, true])
})

real('a host that was started again has stopped its machines', async () => {
  await start()
  await machines.kill(id)
  const journal = path.join(settings.folder, id, 'keeper/journal.json')
  const kept = JSON.parse(fs.readFileSync(journal, 'utf8'))
  fs.writeFileSync(journal, JSON.stringify({ ...kept, state: 'running', reason: null, boot: 'another' }))
  expect(await machines.state(id)).toEqual({ state: 'stopped', reason: { code: 'HOST_RESTARTED' } })
})

real('a machine runs as a user of its own, without rights and without a network', async () => {
  await start()
  const [pid] = qemuOf()
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
  expect(status).toMatch(/^NoNewPrivs:\t1$/m)
  expect(status).toMatch(/^Seccomp:\t2$/m)
  if (process.getuid?.() === 0) {
    expect(status).toMatch(/^Uid:\t610000\t610000\t610000\t610000$/m)
    expect(status).toMatch(/^CapBnd:\t0+$/m)
    await machines.build('ins-test000002', build)
    expect(fs.statSync(path.join(settings.folder, 'ins-test000002/machine')).uid).toBe(610_001)
  }
  expect(fs.readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(fs.readlinkSync('/proc/self/ns/net'))
  expect(fs.readFileSync(`/proc/${pid}/environ`, 'utf8')).not.toContain('ECS_')
})

real('a guest reaches nothing that listens on the host', async () => {
  let connections = 0
  const server = net.createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', () => resolve()))
  const address = server.address()
  const port = address && typeof address !== 'string' ? address.port : 0
  const own = Object.values(os.networkInterfaces()).flatMap((all) => all?.map((one) => one.address) ?? [])
  const hosts = ['10.0.2.2', ...own.filter((one) => net.isIPv4(one))]
  try {
    const terminal = await start()
    await terminal.sees('/ #')
    terminal.type(
      `ls /sys/class/net; for h in ${hosts.join(' ')}; do nc -w 2 $h ${port} < /dev/null; done; echo N=$((3*3))`,
    )
    await terminal.sees('lo')
    await terminal.sees('N=9')
    expect(connections).toBe(0)
    // Proves that the packets would have been seen: the host reaches the port.
    await once(
      net.connect(port, '127.0.0.1').on('error', () => {}),
      'close',
    )
    expect(connections).toBe(1)
  } finally {
    server.close()
  }
})

real('four watch, the fifth is told so and may take over', async () => {
  await start()
  const views = [await machines.console(id), await machines.console(id), await machines.console(id)]
  await expect(machines.console(id)).rejects.toThrow(ViewersFull)
  const taken = await machines.console(id, { isTakeOver: true })
  expect(taken.viewers).toBe(4)
  for (const view of [...views, taken]) view.stream.destroy()
  const screen = await machines.screen(id)
  const hello = await new Promise((resolve) => screen.stream.once('data', resolve))
  expect(String(hello)).toContain('RFB 003.008')
  screen.stream.destroy()
})

real('what is destroyed leaves neither process nor file', async () => {
  await start()
  await machines.destroy(id)
  await machines.destroy(id)
  expect(qemuOf()).toEqual([])
  expect(await machines.list()).toEqual([])
  expect(await machines.state(id)).toEqual({ state: 'absent', reason: null })
  await expect(machines.console(id)).rejects.toThrow(NotRunning)
})

real('the probe runs where a guest runs', async () => {
  expect(await findAccelerator('qemu-system-x86_64', 'tcg')).toEqual({ accel: 'tcg', cpu: 'max' })
  expect(await findAccelerator('/bin/false', 'auto')).toBeNull()
})

const hasAssembler = spawnSync('as', ['--version']).status === 0 && spawnSync('ld', ['--version']).status === 0

test.skipIf(!hasAssembler)('the probe equals its assembled source (needs binutils)', () => {
  const [object, binary] = [path.join(folder, 'probe.o'), path.join(folder, 'probe.bin')]
  execFileSync('as', ['--32', '-o', object, path.join(import.meta.dirname, 'probe.S')])
  execFileSync('ld', ['-m', 'elf_i386', '-Ttext', '0x7c00', '--oformat', 'binary', '-o', binary, object])
  expect(fs.readFileSync(binary).toString('hex')).toBe(probeCode)
})

test('other tools can read the volume for cloud-init', () => {
  const login = { hostName: 'web', sshKey: 'ssh-ed25519 AAAA "quoted"', userData: null }
  const volume = seedVolume('ins-1-b', login)
  expect(volume.length).toBe(360 * 1024)
  expect(volume.toString('latin1')).toContain('instance-id: ins-1-b\nlocal-hostname: web\n')
  expect(volume.toString('latin1')).toContain(
    '#cloud-config\nssh_authorized_keys:\n  - "ssh-ed25519 AAAA \\"quoted\\""\n',
  )
  expect(() => seedVolume('ins-1-b', { ...login, userData: 'x'.repeat(400_000) })).toThrow(RangeError)
  const file = path.join(folder, 'seed.img')
  fs.writeFileSync(file, volume)
  // From dosfstools, which the tests of disks install. Without it, the guests above have read such a volume anyway.
  const check = spawnSync('/usr/sbin/fsck.vfat', ['-n', file], { encoding: 'utf8' })
  if (!check.error) expect(check.stdout).toMatch(/4 files, 3\//)
})
