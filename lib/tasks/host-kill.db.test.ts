import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import type { InstanceStateName } from '@/lib/instances/rules'
import { createInstancesInput } from '@/lib/instances/schema'
import { createInstances } from '@/lib/instances/writes'
import { rebuildInstance, stopInstance, terminateInstance } from '@/lib/instances/writes-operate'
import { hostMachines } from '@/lib/machines/machines'
import { createSnapshot } from '@/lib/snapshots/writes'
import { bootDisk, whyNoMachine } from '@/lib/testing/boot-disk'
import { account, region, storedDisk } from '@/lib/testing/builders'
import { instanceType } from '@/lib/testing/builders-instances'
import { seededRandom } from '@/lib/testing/random'
import { until, untilTrue } from '@/lib/testing/until'

// A worker is killed at random moments of every task, and another one continues.

const disk = whyNoMachine() === null ? await bootDisk() : null
const why = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
const random = seededRandom(11)

let worker: ChildProcess | undefined
function startWorker(): void {
  const args = ['--conditions=react-server', '--import', 'tsx', 'lib/tasks/worker.ts']
  worker = spawn(process.execPath, args, {
    env: { ...process.env, ECS_METRICS_PORT: '', ECS_MACHINE_STOP_PATIENCE: '20s' },
    stdio: 'ignore',
  })
}
async function killWorker(): Promise<void> {
  if (!worker || worker.exitCode !== null) return
  const ended = once(worker, 'exit')
  worker.kill('SIGKILL')
  await ended
}
afterEach(killWorker)
afterAll(async () => {
  for (const id of await hostMachines().list()) await hostMachines().destroy(id)
})

async function becomes(id: string, state: InstanceStateName): Promise<void> {
  const find = async () => await db().instance.findUniqueOrThrow({ where: { id } })
  await until(async () => expect(await find()).toMatchObject({ state, task: null }))
}

/** Ids of the QEMU processes of this machine. */
const qemuOf = (id: string) =>
  spawnSync('pgrep', ['-f', `^qemu-system.* guest=${id},`], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)

/**
 * Kills the worker at a random moment, and starts the next one. The moment is a number of database queries, which are slower if the
 * worker is slow too.
 */
async function killedMeanwhile(): Promise<void> {
  let left = Math.floor(random() * 100)
  await untilTrue(async () => (await db().machineHost.count()) > 0 && left-- <= 0)
  await killWorker()
  startWorker()
}

test.skipIf(why !== '')(`the state is correct after a kill at every task, and nothing is left ${why}`, async () => {
  const [here, owner, typeId] = [await region(), await account(), await instanceType({ memoryMib: 256 })]
  const imageId = await storedDisk(owner, here, disk ?? '')
  startWorker()
  await until(async () => expect(await db().machineHost.count()).toBe(1))
  const input = createInstancesInput.parse({ region: here, imageId, name: 'quay', typeId, diskGib: 1 })
  const made = await createInstances(owner.ctx, input)
  const instanceId = made.ok ? (made.value.instanceIds[0] ?? '') : ''
  const own = { region: here, instanceId }
  await killedMeanwhile()
  await becomes(instanceId, 'running')
  expect(qemuOf(instanceId)).toHaveLength(1)

  await rebuildInstance(owner.ctx, own)
  await killedMeanwhile()
  await becomes(instanceId, 'running')
  expect(qemuOf(instanceId)).toHaveLength(1)

  const asked = await createSnapshot(owner.ctx, { ...own, name: 'kept', description: '' })
  const snapshotId = asked.ok ? asked.value.snapshotId : ''
  await killedMeanwhile()
  const find = async () => await db().snapshot.findUniqueOrThrow({ where: { id: snapshotId } })
  await until(async () => expect((await find()).state).toBe('available'))
  await until(async () => expect(await hostMachines().listSnapshots(instanceId)).toEqual([]))

  // The machine dies while no worker runs.
  await killWorker()
  execFileSync('pkill', ['-KILL', '-f', `^qemu-system.* guest=${instanceId},`])
  startWorker()
  await becomes(instanceId, 'failed')
  await rebuildInstance(owner.ctx, own)
  await becomes(instanceId, 'running')

  await stopInstance(owner.ctx, own)
  await killedMeanwhile()
  await becomes(instanceId, 'stopped')
  await terminateInstance(owner.ctx, { ...own, typedName: 'quay' })
  await killedMeanwhile()
  await becomes(instanceId, 'terminated')
  expect(qemuOf(instanceId)).toEqual([])
  await until(async () => expect(await hostMachines().list()).toEqual([]))
  const runs = await db().instanceRun.findMany({ where: { instanceId } })
  expect(runs.length).toBeGreaterThan(0)
  expect(runs.some(({ isOpen }) => isOpen)).toBe(false)
  // However often it was started, each hour is charged once, to the owner.
  await until(async () => expect(await db().ledgerEntry.count({ where: { instanceId } })).toBeGreaterThan(0))
  const lines = await db().ledgerEntry.findMany({ where: { instanceId } })
  expect(new Set(lines.map(({ hour }) => hour.getTime())).size).toBe(lines.length)
  expect(lines.every(({ accountId }) => accountId === owner.id)).toBe(true)
})
