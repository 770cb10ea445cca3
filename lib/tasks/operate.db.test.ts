import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { listHosted } from '@/lib/instances/writes-host'
import { QemuMachines } from '@/lib/machines/qemu'
import { machineSettings } from '@/lib/machines/settings'
import { StoreFull } from '@/lib/stores/errors'
import { account, image, minutes, noon, region } from '@/lib/testing/builders'
import { instance, machineHost, ran } from '@/lib/testing/builders-instances'
import { operate } from './operate'

// Starts of an instance whose disk is missing or not its own. The engine only records its calls.

class Noted extends QemuMachines {
  readonly asked: string[] = []
  isFull = false
  constructor(private here: string | null) {
    super(machineSettings())
  }
  override async buildOf() {
    return this.here
  }
  override async prepare() {}
  override async build() {
    this.asked.push('build')
    if (this.isFull) throw new StoreFull('No room.')
  }
  override async start() {
    this.asked.push('start')
  }
  override async hasCard() {
    return true
  }
  override async kill() {}
  override async runs() {
    return []
  }
  override async state() {
    return { state: 'running', reason: null } as const
  }
}

async function work(machines: Noted, hostId: string): Promise<void> {
  for (const hosted of await listHosted(hostId)) await operate(machines, hosted, new AbortController().signal)
}

type Disk = 'its own' | 'another' | 'none'
/** The disk on the host, and the one that was started last. */
type Before = { here: Disk; last?: Disk; reason?: string }

/** Starts the instance. Returns the calls of the engine and the instance's outcome. */
async function started({ here, last = 'its own', reason }: Before) {
  const [owner, place, hostId] = [await account(), await region(), await machineHost()]
  const imageId = await image(owner, place)
  const id = await instance(owner, place, { state: 'failed', hostId, imageId })
  if (last !== 'none') await ran(id, noon, new Date(noon.getTime() + minutes(5)))
  const { build } = await db().instance.findUniqueOrThrow({ where: { id } })
  const named = { 'its own': build, another: 'bld-another', none: null }
  await db().instance.update({
    where: { id },
    data: {
      startedBuild: named[last],
      task: 'START',
      taskSince: noon,
      ...(reason ? { reason: { code: reason } } : {}),
    },
  })
  const machines = new Noted(named[here])
  await work(machines, hostId)
  const after = await db().instance.findUniqueOrThrow({ where: { id } })
  const events = await db().event.findMany({ where: { instanceId: id }, select: { action: true } })
  return { asked: machines.asked, state: after.state, reason: after.reason, events: events.map(({ action }) => action) }
}

const gone = { asked: [], state: 'failed', reason: { code: 'MACHINE_GONE' }, events: ['instance.fail'] }
const runs = { asked: ['build', 'start'], state: 'running', reason: null, events: ['instance.run'] }

test('a start never replaces a lost disk that was started before', async () => {
  expect(await started({ here: 'none' })).toEqual(gone)
  // Nor a disk of another build, as after a restore over a disk that was rebuilt since, whatever the last reason.
  expect(await started({ here: 'another' })).toEqual(gone)
  expect(await started({ here: 'another', reason: 'MACHINE_GONE' })).toEqual(gone)
})

test('a start builds a disk whose build failed before its guest ran, or during a rebuild', async () => {
  expect(await started({ here: 'none', last: 'none', reason: 'STORE_FULL' })).toEqual(runs)
  expect(await started({ here: 'another', last: 'another', reason: 'STORE_FULL' })).toEqual(runs)
  // Even if the disk before the rebuild was lost.
  expect(await started({ here: 'none', last: 'another', reason: 'STORE_FULL' })).toEqual(runs)
})

test('a disk counts as started only once it is built, and the start records its network card', async () => {
  const [owner, place, hostId] = [await account(), await region(), await machineHost()]
  const imageId = await image(owner, place)
  const id = await instance(owner, place, { state: 'creating', hostId, imageId })
  const find = () => db().instance.findUniqueOrThrow({ where: { id } })
  const ask = (task: 'CREATE' | 'RESTORE', build: string) =>
    db().instance.update({ where: { id }, data: { task, build, taskSince: noon } })
  const machines = new Noted(null)
  machines.isFull = true
  await ask('CREATE', 'bld-1')
  await work(machines, hostId)
  expect(await find()).toMatchObject({ state: 'failed', startedBuild: null })
  machines.isFull = false
  await ask('CREATE', 'bld-2')
  await work(machines, hostId)
  expect(await find()).toMatchObject({ state: 'running', startedBuild: 'bld-2', hasCard: true })
  await ask('RESTORE', 'bld-3')
  await work(machines, hostId)
  expect(await find()).toMatchObject({ state: 'stopped', startedBuild: 'bld-2' })
})

test('a disk that reappears is started, whatever the last reason', async () => {
  expect(await started({ here: 'its own', reason: 'MACHINE_GONE' })).toEqual(runs)
})
