import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, expect, test, vi } from 'vitest'
import { runTool } from '@/lib/disks/fixtures/tools'
import { agentDisk, whyNoAgent } from '@/lib/testing/agent-disk'
import { storeBase, Terminal } from '@/lib/testing/boot-disk'
import { until } from '@/lib/testing/until'
import { askKeeper } from './keeper-line'
import { QemuMachines } from './qemu'

// Snapshots of a guest with a real agent. Misbehaving peers are in agent.test.ts.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-settled-'))
vi.stubEnv('ECS_DATA_DIR', folder)
vi.stubEnv('DATABASE_URL', 'postgresql://nowhere')
const disk = whyNoAgent() === null ? await agentDisk(folder) : null
const why = whyNoAgent() ?? (disk ? '' : 'the packages of the agent cannot be had')
const settings = {
  folder: path.join(folder, 'machines'),
  accelerator: 'tcg',
  reserveMin: 0,
  firstUid: 610_000,
} as const
const machines = new QemuMachines(settings)
const id = 'ins-settled001'
const keeper = path.join(settings.folder, id, 'keeper')

afterAll(async () => {
  for (const each of await machines.list()) await machines.destroy(each)
  fs.rmSync(folder, { recursive: true, force: true })
})

/** Takes a snapshot. Returns whether it is settled, the features of its file system, and the file written just before. */
async function snapshot(name: string) {
  await machines.snapshot(id, name)
  const found = await until(async () => {
    const state = await machines.snapshotState(id, name)
    if (state.state !== 'ready') throw new Error(JSON.stringify(state))
    return state
  })
  const [file, raw] = [path.join(folder, `${name}.qcow2`), path.join(folder, `${name}.raw`)]
  await pipeline(await machines.readSnapshot(id, name), fs.createWriteStream(file))
  await machines.forgetSnapshot(id, name)
  execFileSync('qemu-img', ['convert', '-O', 'raw', file, raw])
  const look = (command: string) => runTool(folder, 'debugfs', '-R', command, `${raw}?offset=${disk?.start}`)
  const [features, written] = [look('features'), look('cat /written')]
  fs.rmSync(raw)
  return { settled: found.settled, features, written }
}

test.skipIf(why !== '')(
  `with qemu-guest-agent a snapshot has the guest's unwritten data, and the guest continues ${why}`,
  async () => {
    if (!disk) return
    const base = storeBase(folder, 'xx-test', disk.file)
    await machines.build(id, { build: 'one', base, diskBytes: base.virtualSize, bootMode: 'BIOS', login: null })
    await machines.start(id, { vcpus: 1, memoryMib: 256 })
    const terminal = new Terminal(await machines.console(id))
    await terminal.sees('/ #')
    await until(async () => {
      const devices = await askKeeper(keeper, 'query-chardev')
      expect(devices).toContainEqual(expect.objectContaining({ label: 'agent', 'frontend-open': true }))
    })
    // The file stays in the page cache: nothing flushes it within this time.
    terminal.type('echo 9999999 > /proc/sys/vm/dirty_expire_centisecs; echo 0 > /proc/sys/vm/dirty_writeback_centisecs')
    terminal.type('echo in-memory > /system/written; echo W=$((3*3))')
    await terminal.sees('W=9')
    const first = await snapshot('snap-settled001')
    expect(first).toMatchObject({ settled: true, written: 'in-memory\n' })
    expect(first.features).not.toContain('needs_recovery')

    // The guest was thawed. Without its agent the next snapshot is as after a power cut.
    terminal.type('echo thawed > /system/after && sync && echo T=$((4*4))')
    await terminal.sees('T=16')
    terminal.type('killall qemu-ga; echo K=$((5*5))')
    await terminal.sees('K=25')
    const second = await snapshot('snap-settled002')
    expect(second.settled).toBe(false)
    expect(second.features).toContain('needs_recovery')
  },
)
