import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { bootDisk, storeBase, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { until } from '@/lib/testing/until'
import type { MachineBase } from './machine'
import { QemuMachines } from './qemu'

// What guests do to their own disk and kernel.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-guests-'))
vi.stubEnv('ECS_DATA_DIR', folder)
vi.stubEnv('DATABASE_URL', 'postgresql://nowhere')
const disk = whyNoMachine() === null ? await bootDisk() : null
const why = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
const real = (name: string, run: () => Promise<void>) => test.skipIf(why !== '')(name, run)
const settings = {
  folder: path.join(folder, 'machines'),
  accelerator: 'tcg',
  reserveMin: 0,
  firstUid: 610_000,
} as const
const machines = new QemuMachines(settings)
const id = 'ins-guest00001'
const diskBytes = 64 * 2 ** 20
let base: MachineBase

beforeAll(() => {
  if (disk) base = storeBase(folder, 'xx-test', disk)
})
afterEach(async () => {
  for (const each of await machines.list()) await machines.destroy(each)
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

async function started(from: MachineBase, by = machines): Promise<Terminal> {
  await by.build(id, { build: 'one', base: from, diskBytes, bootMode: 'BIOS', login: null })
  await by.start(id, { vcpus: 1, memoryMib: 192 })
  return new Terminal(await machines.console(id))
}

real(`a guest that fills its disk hears of the end of it, and its machine runs on ${why}`, async () => {
  const terminal = await started(base)
  await terminal.sees('/ #')
  terminal.type('dd if=/dev/urandom of=/dev/vda bs=1M conv=fsync; echo FULL=$((3*3))')
  await terminal.sees('No space left on device')
  await terminal.sees('FULL=9')
  expect(await machines.state(id)).toEqual({ state: 'running', reason: null })
  // The guest has overwritten the whole image, and its file is still below the size limit.
  const { blocks } = fs.statSync(path.join(settings.folder, id, 'machine/disk.qcow2'))
  expect(blocks * 512).toBeGreaterThanOrEqual(diskBytes)
})

real(
  `a guest that panics starts again as its kernel is told to, and its machine says so until it is reset ${why}`,
  async () => {
    const terminal = await started(base)
    await terminal.sees('/ #')
    terminal.type('echo c > /proc/sysrq-trigger')
    await terminal.sees('Kernel panic')
    await terminal.sees('Tiny Linux')
    expect(await machines.state(id)).toEqual({ state: 'running', reason: { code: 'GUEST_RESTARTED' } })
    expect((await machines.runs(id)).map(({ isOpen }) => isOpen)).toEqual([true])
    expect((await machines.consoleLog(id)).toString()).toContain('Kernel panic')
    await machines.reset(id)
    await until(async () => expect(await machines.state(id)).toEqual({ state: 'running', reason: null }))
  },
)

real(
  `a guest that panics and stands still has failed, with its last screen, and starts again when asked ${why}`,
  async () => {
    const impatient = new QemuMachines({ ...settings, panicPatienceMs: 2_000 })
    const terminal = await started(base, impatient)
    await terminal.sees('/ #')
    terminal.type('echo 0 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger')
    await terminal.sees('Kernel panic')
    const failed = { state: 'failed', reason: { code: 'GUEST_PANICKED' } }
    await until(async () => expect(await machines.state(id)).toEqual(failed))
    expect((await machines.runs(id)).map(({ isOpen }) => isOpen)).toEqual([false])
    await machines.kill(id)
    expect((await machines.picture(id))?.subarray(1, 4).toString()).toBe('PNG')
    const { length } = await machines.consoleLog(id)
    await machines.start(id, { vcpus: 1, memoryMib: 192 })
    await new Terminal(await machines.console(id, { offset: length })).sees('/ #')
    expect(await machines.state(id)).toEqual({ state: 'running', reason: null })
  },
)

real(
  `a guest that was found to stand still runs again where it is reset before anybody has looked ${why}`,
  async () => {
    const terminal = await started(base, new QemuMachines({ ...settings, panicPatienceMs: 2_000 }))
    await terminal.sees('/ #')
    terminal.type('echo 0 > /proc/sys/kernel/panic; echo c > /proc/sysrq-trigger')
    await until(async () => expect((await machines.state(id)).state).toBe('failed'))
    await machines.reset(id)
    expect(await machines.state(id)).toEqual({ state: 'running', reason: null })
    await terminal.sees('Tiny Linux')
    expect((await machines.runs(id)).map(({ isOpen }) => isOpen)).toEqual([false, true])
  },
)

real(`a machine whose disk does not boot runs, and its screen shows what its firmware writes ${why}`, async () => {
  const empty = path.join(folder, 'stores/xx-test/empty')
  fs.writeFileSync(empty, Buffer.alloc(2 ** 20))
  const nothing = { regionId: 'xx-test', key: 'empty', sha256: '', size: 2 ** 20, virtualSize: 2 ** 20 }
  await started({ ...nothing, format: 'raw' })
  // The guest has written to the screen, and now only the blinking cursor changes.
  const seen = new Set<string>()
  await until(async () => {
    const picture = (await machines.picture(id))?.toString('base64') ?? ''
    const isSeen = seen.has(picture)
    seen.add(picture)
    expect([isSeen, seen.size > 1]).toEqual([true, true])
  })
  expect(await machines.state(id)).toEqual({ state: 'running', reason: null })
})
