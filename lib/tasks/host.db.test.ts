import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { deleteImage, purgeImage } from '@/lib/images/writes'
import type { InstanceStateName } from '@/lib/instances/rules'
import { createInstancesInput } from '@/lib/instances/schema'
import { createInstances } from '@/lib/instances/writes'
import {
  forceStopInstance,
  rebuildInstance,
  restartInstance,
  restoreInstance,
  startInstance,
  stopInstance,
  terminateInstance,
} from '@/lib/instances/writes-operate'
import { hostMachines } from '@/lib/machines/machines'
import { cancelShare } from '@/lib/shares/writes-end'
import { createInstanceImage, deleteSnapshot } from '@/lib/snapshots/writes'
import { bootDisk, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { account, held, keysIn, region, storedDisk, type TestAccount } from '@/lib/testing/builders'
import { instanceType } from '@/lib/testing/builders-instances'
import { until } from '@/lib/testing/until'
import { runHost } from './host'
import { removeBlob } from './remove-blob'

// Real machines, requested like by tenants and operated like by the worker.

const disk = whyNoMachine() === null ? await bootDisk() : null
const why = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
const real = (name: string, run: () => Promise<void>) => test.skipIf(why !== '')(name, run)

let over = new AbortController()
let hosting: Promise<void> = Promise.resolve()
const begin = () => {
  over = new AbortController()
  hosting = runHost(over.signal)
}
const end = async () => {
  over.abort()
  await hosting
}
beforeAll(begin)
afterEach(async () => {
  for (const id of await hostMachines().list()) await hostMachines().destroy(id)
})
afterAll(end)

async function becomes(id: string, state: InstanceStateName) {
  return await until(async () => {
    const found = await db().instance.findUniqueOrThrow({ where: { id }, include: { runs: true } })
    expect([found.state, found.task, found.reason]).toEqual([state, null, found.reason])
    return found
  })
}

async function created(who: TestAccount, here: string, imageId: string, count = 1): Promise<string[]> {
  const typeId = await instanceType({ memoryMib: 256 })
  await until(async () => expect(await db().machineHost.count()).toBe(1))
  const input = createInstancesInput.parse({
    region: here,
    imageId,
    name: 'quay',
    typeId,
    diskGib: 1,
    count,
    hostName: 'quay-7',
  })
  const result = await createInstances(who.ctx, input)
  if (!result.ok) throw new Error(result.refusal.code)
  return result.value.instanceIds
}

/** Length of a machine's log so far. It continues across starts, so an older prompt must not count for the newest start. */
async function saidBy(id: string): Promise<number> {
  return (await hostMachines().consoleLog(id)).length
}

/** Waits for a prompt after `offset` in the log. */
async function speaks(id: string, offset = 0): Promise<Terminal> {
  const terminal = new Terminal(await hostMachines().console(id, { offset }))
  await terminal.sees('/ #')
  return terminal
}

real(
  `a machine made from a shared image runs, stops, starts, and outlives the share and the image ${why}`,
  async () => {
    const [here, harbour, lantern] = [await region(), await account(), await account()]
    const imageId = await storedDisk(harbour, here, disk ?? '')
    const shareId = await held(imageId, lantern)
    const [id = ''] = await created(lantern, here, imageId)
    await becomes(id, 'running')
    await speaks(id)

    expect(await cancelShare(lantern.ctx, { shareId })).toMatchObject({ ok: true })
    await deleteImage(harbour.ctx, { region: here, imageId, cancelShares: false, typedName: null })
    await purgeImage(harbour.ctx, { region: here, imageId, deletedUntil: new Date() })
    expect(await db().image.count({ where: { id: imageId } })).toBe(0)
    expect(await keysIn(here)).toHaveLength(1)
    const own = { region: here, instanceId: id }
    expect(await rebuildInstance(lantern.ctx, own)).toMatchObject({ refusal: { code: 'REBUILD_IMAGE_GONE' } })

    expect(await stopInstance(lantern.ctx, own)).toMatchObject({ ok: true })
    const stopped = await becomes(id, 'stopped')
    expect(stopped.reason).toBeNull()
    expect(stopped.runs).toMatchObject([{ isOpen: false }])
    const said = await saidBy(id)
    expect(await startInstance(lantern.ctx, own)).toMatchObject({ ok: true })
    expect((await becomes(id, 'running')).runs).toHaveLength(2)
    await speaks(id, said)

    expect(await terminateInstance(lantern.ctx, { ...own, typedName: 'quay' })).toMatchObject({ ok: true })
    expect(await becomes(id, 'terminated')).toMatchObject({ blobId: null })
    expect(await hostMachines().list()).toEqual([])
    const blob = await db().blob.findFirstOrThrow({ where: { regionId: here } })
    expect(blob.state).toBe('removing')
    await removeBlob({ blobId: blob.id })
    expect(await keysIn(here)).toEqual([])
  },
)

real(
  `a machine goes on while nobody looks after it, and is found again; what it did meanwhile is written ${why}`,
  async () => {
    const [here, owner] = [await region(), await account()]
    const [id = ''] = await created(owner, here, await storedDisk(owner, here, disk ?? ''))
    await becomes(id, 'running')
    await end()
    const terminal = await speaks(id)
    terminal.type('poweroff -f')
    await until(async () => expect((await hostMachines().state(id)).state).toBe('stopped'))
    expect(await db().instance.findUniqueOrThrow({ where: { id } })).toMatchObject({ state: 'running' })
    begin()
    const found = await becomes(id, 'stopped')
    expect(found.reason).toEqual({ code: 'GUEST_OFF' })
    expect(found.runs).toMatchObject([{ isOpen: false }])
  },
)

real(
  `a running machine is snapshotted, an image is made of it, and a machine of that; the disk is put back ${why}`,
  async () => {
    const [here, owner] = [await region(), await account()]
    const [id = ''] = await created(owner, here, await storedDisk(owner, here, disk ?? ''))
    await becomes(id, 'running')
    const own = { region: here, instanceId: id }
    const terminal = await speaks(id)
    terminal.type('echo first | dd of=/dev/vda bs=1M seek=40 conv=notrunc,fsync 2>/dev/null; echo W=$((3*3))')
    await terminal.sees('W=9')
    const asked = await createInstanceImage(owner.ctx, { ...own, name: 'made' })
    const snapshotId = asked.ok ? asked.value.snapshotId : ''
    const snapshot = await until(async () => {
      const found = await db().snapshot.findUniqueOrThrow({ where: { id: snapshotId } })
      expect(found.state).toBe('available')
      return found
    })
    expect(snapshot).toMatchObject({ consistency: 'POWER_CUT', promisedBytes: 0n })
    const made = await db().image.findFirstOrThrow({ where: { ownerId: owner.id, name: 'made' } })
    expect(made).toMatchObject({ blobId: snapshot.blobId, source: 'INSTANCE', state: 'available' })
    await until(async () => expect(await hostMachines().listSnapshots(id)).toEqual([]))
    expect(await keysIn(here)).toHaveLength(2)
    const [second = ''] = await created(owner, here, made.id)
    await becomes(second, 'running')
    const other = await speaks(second)
    const read = 'echo $(dd if=/dev/vda bs=1M skip=40 count=1 2>/dev/null | head -c5)='
    other.type(read)
    await other.sees('first=')

    terminal.type('echo after | dd of=/dev/vda bs=1M seek=40 conv=notrunc,fsync 2>/dev/null; echo W=$((4*4))')
    await terminal.sees('W=16')
    expect(await restoreInstance(owner.ctx, { ...own, snapshotId })).toMatchObject({
      refusal: { code: 'INSTANCE_BUSY' },
    })
    await forceStopInstance(owner.ctx, own)
    await becomes(id, 'stopped')
    expect(await restoreInstance(owner.ctx, { ...own, snapshotId })).toMatchObject({ ok: true })
    await becomes(id, 'stopped')
    expect(await deleteSnapshot(owner.ctx, { region: here, snapshotId })).toMatchObject({ ok: true })
    const said = await saidBy(id)
    await startInstance(owner.ctx, own)
    await becomes(id, 'running')
    const again = await speaks(id, said)
    again.type(read)
    await again.sees('first=')
  },
)

real(
  `what is asked for last is what happens: a restart, a rebuild, the power cut, and an end in the middle of it ${why}`,
  async () => {
    const [here, owner] = [await region(), await account()]
    const [id = ''] = await created(owner, here, await storedDisk(owner, here, disk ?? ''))
    await becomes(id, 'running')
    const own = { region: here, instanceId: id }
    await speaks(id)
    const beforeRestart = await saidBy(id)
    expect(await restartInstance(owner.ctx, own)).toMatchObject({ ok: true })
    await becomes(id, 'running')
    await speaks(id, beforeRestart)
    const beforeRebuild = await saidBy(id)
    const { build } = await db().instance.findUniqueOrThrow({ where: { id } })
    expect(await rebuildInstance(owner.ctx, own)).toMatchObject({ ok: true })
    expect((await becomes(id, 'running')).build).not.toBe(build)
    await speaks(id, beforeRebuild)
    expect(await stopInstance(owner.ctx, own)).toMatchObject({ ok: true })
    expect(await forceStopInstance(owner.ctx, own)).toMatchObject({ ok: true })
    await becomes(id, 'stopped')
    expect(await startInstance(owner.ctx, own)).toMatchObject({ ok: true })
    expect(await terminateInstance(owner.ctx, { ...own, typedName: 'quay' })).toMatchObject({ ok: true })
    await becomes(id, 'terminated')
    expect(await hostMachines().list()).toEqual([])
  },
)
