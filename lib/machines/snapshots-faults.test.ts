import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { bootDisk, storeBase, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { until } from '@/lib/testing/until'
import { askKeeper } from './keeper-line'
import type { MachineBase, MachineSnapshot } from './machine'
import type { MirrorTarget } from './mirror'
import { QemuMachines } from './qemu'
import { QemuSnapshots } from './snapshots'

// A snapshot never disturbs the guest: it continues to write, whatever happens to the mirror's target.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-snapshot-faults-'))
vi.stubEnv('ECS_DATA_DIR', folder)
vi.stubEnv('DATABASE_URL', 'postgresql://nowhere')
const disk = whyNoMachine() === null ? await bootDisk() : null
const why = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
const real = (name: string, run: () => Promise<void>) => test.skipIf(why !== '')(name, run)
const root = path.join(folder, 'machines')
const settings = { folder: root, accelerator: 'tcg', reserveMin: 0, firstUid: 610_000 } as const
const machines = new QemuMachines(settings)
const withTarget = (target: MirrorTarget) => new QemuMachines(settings, new QemuSnapshots(target))
const [id, snap] = ['ins-fault00001', 'snap-fault00001']
let base: MachineBase

beforeAll(() => {
  if (disk) base = storeBase(folder, 'xx-test', disk)
})
// Booting takes seconds, and each test leaves the guest writing, so the next one reuses it, unless a test failed or ended it.
let running: Terminal | undefined
const end = async () => {
  running = undefined
  for (const each of await machines.list()) await machines.destroy(each)
}
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') await end()
  else if (running) await isForgotten(machines)
})
afterAll(async () => {
  await end()
  fs.rmSync(folder, { recursive: true, force: true })
})

const ask = async (execute: string, args: object = {}) =>
  JSON.stringify(await askKeeper(path.join(root, id, 'keeper'), execute, args))

/** A machine whose guest writes to its disk all the time, and prints a line after each write. */
async function writing(): Promise<Terminal> {
  if (running) return running
  await machines.build(id, { build: 'one', base, diskBytes: 64 * 2 ** 20, bootMode: 'BIOS', login: null })
  await machines.start(id, { vcpus: 1, memoryMib: 192 })
  const terminal = new Terminal(await machines.console(id))
  await terminal.sees('/ #')
  // Behind the partition of the small disk, where nothing else is.
  const write = 'dd of=/dev/vda bs=512 seek=90000 conv=notrunc,fsync 2>/dev/null'
  terminal.type(`n=0; while :; do n=$((n+1)); echo count-$n | ${write}; echo "<$((n+0))>"; done`)
  await terminal.sees('<1>')
  running = terminal
  return terminal
}

/** Waits for this many further writes of the guest. */
async function writes(terminal: Terminal, times: number): Promise<void> {
  terminal.text = ''
  for (let seen = 0; seen < times; seen++) await terminal.sees('>')
}

async function ends(by: QemuMachines): Promise<MachineSnapshot> {
  return await until(async () => {
    const found = await by.snapshotState(id, snap)
    expect(found.state).toMatch(/ready|failed/)
    return found
  })
}

/** Nothing of a snapshot is left: no file, no job, no open target in QEMU. */
async function isForgotten(by: QemuMachines): Promise<void> {
  // Writes in flight to a slow target must complete first.
  await until(async () => await by.forgetSnapshot(id, snap))
  expect(await by.listSnapshots(id)).toEqual([])
  expect(await ask('query-jobs')).toBe('[]')
  expect(await ask('query-named-block-nodes')).not.toContain(snap)
}

const failing =
  (errno: number): MirrorTarget =>
  (filename) => ({
    driver: 'qcow2',
    file: {
      ...{ driver: 'blkdebug', image: { driver: 'file', filename } },
      'inject-error': [{ event: 'write_aio', errno }],
    },
  })

for (const { what, errno, code } of [
  { what: 'fails', errno: 5, code: 'SNAPSHOT_FAULT' },
  { what: 'is full', errno: 28, code: 'STORE_FULL' },
])
  real(`where the target ${what} the snapshot fails alone, and the next one succeeds ${why}`, async () => {
    const terminal = await writing()
    const broken = withTarget(failing(errno))
    await broken.snapshot(id, snap)
    expect(await ends(broken)).toMatchObject({ state: 'failed', code })
    await writes(terminal, 20)
    expect(await machines.state(id)).toEqual({ state: 'running', reason: null })
    await isForgotten(broken)
    await machines.snapshot(id, snap)
    expect(await ends(machines)).toMatchObject({ state: 'ready' })
    await writes(terminal, 5)
  })

const slow: MirrorTarget = (filename) => ({
  ...{ driver: 'throttle', 'throttle-group': 'slow' },
  file: { driver: 'qcow2', file: { driver: 'file', filename } },
})

real(`where the target is slow the snapshot ends late, and can be called off ${why}`, async () => {
  const terminal = await writing()
  const late = withTarget(slow)
  await ask('object-add', { 'qom-type': 'throttle-group', id: 'slow', limits: { 'bps-total': 2 ** 16 } })
  await late.snapshot(id, snap)
  await writes(terminal, 20)
  expect(await late.snapshotState(id, snap)).toMatchObject({ state: 'running' })
  const forgetting = isForgotten(late)
  await writes(terminal, 5)
  // Writes in flight keep the target open, which takes long at this rate.
  await ask('qom-set', { path: '/objects/slow', property: 'limits', value: { 'bps-total': 0 } })
  await forgetting

  await ask('qom-set', { path: '/objects/slow', property: 'limits', value: { 'bps-total': 2 ** 16 } })
  await late.snapshot(id, snap)
  await writes(terminal, 20)
  expect(await late.snapshotState(id, snap)).toMatchObject({ state: 'running' })
  await ask('qom-set', { path: '/objects/slow', property: 'limits', value: { 'bps-total': 0 } })
  expect(await ends(late)).toMatchObject({ state: 'ready' })
  await writes(terminal, 5)
})

/** Brings a snapshot to where QEMU has finished it and nobody has collected it. */
async function concluded(): Promise<void> {
  await machines.snapshot(id, snap)
  await until(async () => expect(await ask('query-jobs')).toContain('"status":"ready"'))
  await ask('end-mirror', { job: snap })
  await until(async () => expect(await ask('query-jobs')).toContain('"status":"concluded"'))
}

/** The number of the guest's last write that the snapshot contains. */
async function countOn(): Promise<number> {
  const [file, raw] = [path.join(folder, 'looked.qcow2'), path.join(folder, 'looked.raw')]
  fs.writeFileSync(file, await buffer(await machines.readSnapshot(id, snap)))
  execFileSync('qemu-img', ['convert', '-O', 'raw', file, raw])
  return Number(/count-(\d+)/.exec(fs.readFileSync(raw).toString('latin1', 90_000 * 512))?.[1])
}

real(`a process that is killed while it takes the snapshot is followed by one that takes it anew ${why}`, async () => {
  const terminal = await writing()
  await concluded()
  await writes(terminal, 20)
  // What the killed process may have done: closed the target in QEMU, and copied a part of it.
  await ask('blockdev-del', { 'node-name': `to-${snap}` })
  const copy = path.join(root, id, 'keeper', `${snap}.qcow2`)
  fs.writeFileSync(copy, 'the first bytes')
  fs.writeFileSync(`${copy}.new`, 'and what another step has left')
  const next = new QemuMachines(settings)
  const ready = await next.snapshotState(id, snap)
  expect(ready).toMatchObject({ state: 'ready', virtualSize: 64 * 2 ** 20 })
  const count = await countOn()
  expect(count).toBeGreaterThan(0)
  // Repeated, also by a third process, it gives the same snapshot.
  expect(await new QemuMachines(settings).snapshotState(id, snap)).toEqual(ready)
  expect(await countOn()).toBe(count)
  await isForgotten(next)
})

real(`a machine that ends before its snapshot is taken is snapshotted as it ended ${why}`, async () => {
  const terminal = await writing()
  await concluded()
  await writes(terminal, 5)
  running = undefined
  await machines.kill(id)
  expect(await machines.snapshotState(id, snap)).toEqual({ state: 'absent' })
  await machines.snapshot(id, snap)
  expect(await ends(machines)).toMatchObject({ state: 'ready' })
  expect(await countOn()).toBeGreaterThan(1)
  await machines.forgetSnapshot(id, snap)
  expect(await machines.listSnapshots(id)).toEqual([])
})
