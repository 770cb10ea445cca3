import { afterAll, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import type { InstanceStateName } from '@/lib/instances/rules'
import { createInstancesInput } from '@/lib/instances/schema'
import { createInstances } from '@/lib/instances/writes'
import { hostMachines } from '@/lib/machines/machines'
import { bootDisk, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { account, region, storedDisk } from '@/lib/testing/builders'
import { instanceType } from '@/lib/testing/builders-instances'
import { smallDisk } from '@/lib/testing/small-disk'
import { until } from '@/lib/testing/until'
import { runHost } from './host'

// The host's disk fills up while a guest writes.

const small = smallDisk('ext4', 256)
const disk = whyNoMachine() === null && small.isThere ? await bootDisk() : null
const missing = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
const why = small.isThere ? missing : small.note
Object.assign(process.env, { ECS_MACHINE_DIR: small.folder, ECS_STORE_RESERVE: '1MiB' })
const over = new AbortController()
let hosting: Promise<void> = Promise.resolve()

afterAll(async () => {
  over.abort()
  await hosting
  if (small.isThere) for (const id of await hostMachines().list()) await hostMachines().destroy(id)
  small.end()
})

async function becomes(id: string, state: InstanceStateName) {
  return await until(async () => {
    const found = await db().instance.findUniqueOrThrow({ where: { id }, include: { runs: true } })
    expect([found.state, found.task]).toEqual([state, null])
    return found
  })
}

test.skipIf(why !== '')(
  `a guest whose writes do not fit on the host is paused, costs nothing, and continues by itself ${why}`,
  async () => {
    hosting = runHost(over.signal)
    const [here, owner, typeId] = [await region(), await account(), await instanceType({ memoryMib: 256 })]
    const imageId = await storedDisk(owner, here, disk ?? '')
    await until(async () => expect(await db().machineHost.count()).toBe(1))
    const input = createInstancesInput.parse({ region: here, imageId, name: 'quay', typeId, diskGib: 1 })
    const made = await createInstances(owner.ctx, input)
    const id = made.ok ? (made.value.instanceIds[0] ?? '') : ''
    await becomes(id, 'running')
    const terminal = new Terminal(await hostMachines().console(id))
    await terminal.sees('/ #')

    const empty = small.fill()
    terminal.type(
      'dd if=/dev/urandom of=/dev/vda bs=1M count=4 seek=64 conv=notrunc,fsync 2>/dev/null; echo W=$((3*3))',
    )
    const paused = await becomes(id, 'paused')
    expect(paused.reason).toMatchObject({ code: 'DISK_FULL' })
    expect(paused.runs).toMatchObject([{ isOpen: false }])

    await empty()
    const resumed = await becomes(id, 'running')
    expect(resumed.reason).toBeNull()
    expect(resumed.runs.map(({ isOpen }) => isOpen).sort()).toEqual([false, true])
    await terminal.sees('W=9')
  },
)
