import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { listHosted } from '@/lib/instances/writes-host'
import { QemuMachines } from '@/lib/machines/qemu'
import { machineSettings } from '@/lib/machines/settings'
import { account, image, minutes, noon, region } from '@/lib/testing/builders'
import { instance, machineHost, ran } from '@/lib/testing/builders-instances'
import { operate } from './operate'

// What a start does where the disk is not the one that the instance had. The engine only notes what it is asked for.

class Noted extends QemuMachines {
  readonly asked: string[] = []
  constructor(private here: string | null) {
    super(machineSettings())
  }
  override async buildOf() {
    return this.here
  }
  override async prepare() {}
  override async build() {
    this.asked.push('build')
  }
  override async start() {
    this.asked.push('start')
  }
  override async kill() {}
  override async runs() {
    return []
  }
  override async state() {
    return { state: 'running', reason: null } as const
  }
}

type Before = { here: 'its own' | 'another' | 'none'; reason?: string; hasRun?: boolean }

/** Presses Start: what the engine was asked for, and what became of the instance. */
async function started({ here, reason, hasRun = true }: Before) {
  const [owner, place, hostId] = [await account(), await region(), await machineHost()]
  const imageId = await image(owner, place)
  const id = await instance(owner, place, { state: 'failed', hostId, imageId })
  if (hasRun) await ran(id, noon, new Date(noon.getTime() + minutes(5)))
  const { build } = await db().instance.update({
    where: { id },
    data: { task: 'START', taskSince: noon, ...(reason ? { reason: { code: reason } } : {}) },
  })
  const machines = new Noted({ 'its own': build, another: 'bld-another', none: null }[here])
  for (const hosted of await listHosted(hostId)) await operate(machines, hosted, new AbortController().signal)
  const after = await db().instance.findUniqueOrThrow({ where: { id } })
  const events = await db().event.findMany({ where: { instanceId: id }, select: { action: true } })
  return { asked: machines.asked, state: after.state, reason: after.reason, events: events.map(({ action }) => action) }
}

const gone = { asked: [], state: 'failed', reason: { code: 'MACHINE_GONE' }, events: ['instance.fail'] }
const runs = { asked: ['build', 'start'], state: 'running', reason: null, events: ['instance.run'] }

test('a start makes no empty disk in the place of one that was written and is gone', async () => {
  expect(await started({ here: 'none' })).toEqual(gone)
  // Nor in the place of another one, once it was said that its own is gone.
  expect(await started({ here: 'another', reason: 'MACHINE_GONE' })).toEqual(gone)
})

test('a start builds what failed before its guest ran, or in the middle of a rebuild', async () => {
  expect(await started({ here: 'none', hasRun: false, reason: 'STORE_FULL' })).toEqual(runs)
  expect(await started({ here: 'another', reason: 'STORE_FULL' })).toEqual(runs)
})

test('a disk that has come back is started, whatever was said of it', async () => {
  expect(await started({ here: 'its own', reason: 'MACHINE_GONE' })).toEqual(runs)
})
