import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { bootDisk, storeBase, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { until } from '@/lib/testing/until'
import { askKeeper } from './keeper-line'
import type { MachineBase, MachineSnapshot } from './machine'
import { QemuMachines } from './qemu'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-snapshots-'))
vi.stubEnv('ECS_DATA_DIR', folder)
vi.stubEnv('DATABASE_URL', 'postgresql://nowhere')
const disk = whyNoMachine() === null ? await bootDisk() : null
const why = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
const real = (name: string, run: () => Promise<void>) => test.skipIf(why !== '')(name, run)
const machines = new QemuMachines({
  folder: path.join(folder, 'machines'),
  accelerator: 'tcg',
  reserveMin: 0,
  firstUid: 610_000,
})
const [id, other, snap] = ['ins-snap000001', 'ins-snap000002', 'snap-test000001']
const diskBytes = 64 * 2 ** 20
let base: MachineBase

beforeAll(() => {
  if (disk) base = storeBase(folder, 'xx-test', disk)
})
afterEach(async () => {
  for (const each of await machines.list()) await machines.destroy(each)
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

async function start(from = base, machine = id): Promise<Terminal> {
  await machines.build(machine, { build: 'one', base: from, diskBytes, bootMode: 'BIOS', login: null })
  await machines.start(machine, { vcpus: 1, memoryMib: 192 })
  const terminal = new Terminal(await machines.console(machine))
  await terminal.sees('/ #')
  return terminal
}

async function ends(): Promise<MachineSnapshot> {
  return await until(async () => {
    const found = await machines.snapshotState(id, snap)
    expect(found.state).toMatch(/ready|failed/)
    return found
  })
}

/** Writes words behind the partition of the small disk, where nothing else is. */
const writesTo = (words: string) =>
  `echo ${words} | dd of=/dev/vda bs=1M seek=40 conv=notrunc,fsync 2>/dev/null; echo W=$((3*3))`

/** The words on the snapshot's disk, and qemu-img's information about its file. */
async function look() {
  const file = path.join(folder, 'looked.qcow2')
  fs.writeFileSync(file, await buffer(await machines.readSnapshot(id, snap)))
  const raw = path.join(folder, 'looked.raw')
  execFileSync('qemu-img', ['convert', '-O', 'raw', file, raw])
  const info = JSON.parse(execFileSync('qemu-img', ['info', '--output=json', file], { encoding: 'utf8' }))
  return { words: fs.readFileSync(raw).toString('latin1', 40 * 2 ** 20, 40 * 2 ** 20 + 5), info, file }
}

real(
  `a running machine is snapshotted and does not notice; another machine starts from the snapshot ${why}`,
  async () => {
    const terminal = await start()
    terminal.type(writesTo('first'))
    await terminal.sees('W=9')
    await machines.snapshot(id, snap)
    await machines.snapshot(id, snap)
    expect(await ends()).toMatchObject({ state: 'ready', virtualSize: diskBytes, settled: false })
    terminal.type(writesTo('after'))
    await terminal.sees('W=9')
    const { words, info, file } = await look()
    expect(words).toBe('first')
    expect(info['backing-filename']).toBeUndefined()
    expect((await machines.state(id)).state).toBe('running')
    const stored = storeBase(folder, 'xx-snapshot', file)
    await start({ ...stored, sha256: createHash('sha256').update(fs.readFileSync(file)).digest('hex') }, other)
    await machines.forgetSnapshot(id, snap)
    expect(await machines.listSnapshots(id)).toEqual([])
  },
)

real(`a stopped machine is snapshotted with all that it wrote ${why}`, async () => {
  const terminal = await start()
  terminal.type(writesTo('kept!'))
  await terminal.sees('W=9')
  await machines.kill(id)
  await machines.snapshot(id, snap)
  expect(await ends()).toMatchObject({ state: 'ready', virtualSize: diskBytes })
  const { words, info } = await look()
  expect(words).toBe('kept!')
  expect(info['backing-filename']).toBeUndefined()
  expect(await machines.listSnapshots(id)).toEqual([snap])
})

real(`a snapshot is called off, and is there again when it is asked for again ${why}`, async () => {
  await start()
  await machines.snapshot(id, snap)
  await machines.forgetSnapshot(id, snap)
  expect(await machines.snapshotState(id, snap)).toEqual({ state: 'absent' })
  expect(await machines.listSnapshots(id)).toEqual([])
  await machines.snapshot(id, snap)
  expect(await ends()).toMatchObject({ state: 'ready' })
})

real(`a link that the machine's own user lays where the snapshot goes leads nowhere ${why}`, async () => {
  await start()
  const secret = path.join(folder, 'secret')
  fs.writeFileSync(secret, 'the secret')
  fs.symlinkSync(secret, path.join(folder, 'machines', id, 'machine', `${snap}.qcow2`))
  await machines.snapshot(id, snap)
  expect(await ends()).toMatchObject({ state: 'ready' })
  expect(fs.readFileSync(secret, 'utf8')).toBe('the secret')
})

/** Answers on the port of the guest agent like qemu-guest-agent, and prints the commands on the console. */
const agent = [
  'exec 3<>$(ls /dev/vport* | head -n 1);',
  // While no client is connected, reads return end of file.
  'while :; do read -r said <&3 || usleep 50000; case "$said" in',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: of the guest's shell
  '*sync*) id=${said##*:}; printf "\\377{\\"return\\": %s}\\n" "${id%%\\}*}" >&3;;',
  '*freeze-freeze*) echo F$((40+2)); printf "{\\"return\\": 1}\\n" >&3;;',
  '*freeze-thaw*) echo T$((40+2)); printf "{\\"return\\": 1}\\n" >&3;;',
  'esac; done',
].join(' ')

real(
  `a guest whose agent freezes its file systems has them settled in the snapshot, and thawed after it ${why}`,
  async () => {
    const terminal = await start()
    terminal.type(agent)
    await until(async () => {
      const devices = await askKeeper(path.join(folder, 'machines', id, 'keeper'), 'query-chardev')
      expect(devices).toContainEqual(expect.objectContaining({ label: 'agent', 'frontend-open': true }))
    })
    await machines.snapshot(id, snap)
    expect(await ends()).toMatchObject({ state: 'ready', settled: true })
    await terminal.sees('F42')
    await terminal.sees('T42')
  },
)
