import { expect, test, vi } from 'vitest'
import { db } from '@/lib/db/client'
import { listHosts } from '@/lib/instances/reads'
import { createInstancesInput } from '@/lib/instances/schema'
import { createInstances } from '@/lib/instances/writes'
import { whyNoMachine } from '@/lib/testing/boot-disk'
import { account, region, stored } from '@/lib/testing/builders'
import { instance, instanceType } from '@/lib/testing/builders-instances'
import { until } from '@/lib/testing/until'
import { runHost } from './host'

// A host configured with a bridge that does not exist.

vi.stubEnv('ECS_MACHINE_NETWORK', 'bridge:ecs-nowhere')
const why = whyNoMachine()

test.skipIf(why !== null)(
  `a missing bridge is reported, and nothing is started or charged without it ${why ?? ''}`,
  async () => {
    const over = new AbortController()
    const hosting = runHost(over.signal)
    try {
      const host = await until(async () => {
        const [found] = await listHosts()
        expect(found).toMatchObject({ network: 'ecs-nowhere', problem: null, accelerator: 'emulation' })
        return found
      })
      const problem = 'ecs-nowhere (ECS_MACHINE_NETWORK) is no bridge of this host. Create it, or set none.'
      expect(host?.networkProblem).toBe(problem)

      const [here, owner] = [await region(), await account()]
      const imageId = await stored(owner, here)
      const typeId = await instanceType({ memoryMib: 256 })
      const input = createInstancesInput.parse({ region: here, imageId, name: 'quay', typeId, diskGib: 1 })
      const refused = { ok: false, refusal: { code: 'HOST_UNAVAILABLE', problem } }
      expect(await createInstances(owner.ctx, input)).toEqual(refused)

      // A start that was accepted before the bridge was lost.
      const id = await instance(owner, here, { state: 'stopped', imageId, typeId, hostId: host?.id ?? '' })
      await db().instance.update({ where: { id }, data: { task: 'START', taskSince: new Date() } })
      await until(async () => {
        const found = await db().instance.findUniqueOrThrow({ where: { id }, include: { runs: true } })
        expect(found).toMatchObject({ task: null, state: 'failed', runs: [] })
        expect(found.reason).toEqual({ code: 'NETWORK_MISSING', detail: problem })
      })
    } finally {
      over.abort()
      await hosting
    }
  },
)
