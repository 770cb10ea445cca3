import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { writeHostId } from '@/lib/machines/host-id'
import { MachineFolder } from '@/lib/machines/machine-folder'
import { machineSettings } from '@/lib/machines/settings'
import { account, minutes, noon, region } from '@/lib/testing/builders'
import { instance, machineHost, ran } from '@/lib/testing/builders-instances'
import { failWithoutDisks } from './restore-machines'

// What a restore says of instances that are off. No machine runs.

const base = { regionId: 'xx', key: 'k', sha256: '', size: 1, format: 'qcow2', virtualSize: 1 } as const

async function disk(id: string, build: string): Promise<void> {
  const place = new MachineFolder(machineSettings().folder, id)
  fs.writeFileSync(path.join(await place.begin(), 'disk.qcow2'), '')
  await place.finish({ build, base, diskBytes: 2 ** 20, bootMode: 'BIOS', login: null }, 0)
}

test('instances that are off and have no disk of their own on this host are failed, and their owners are told', async () => {
  const [owner, here, hostId] = [await account(), await region(), await machineHost()]
  await writeHostId(hostId)
  const one = (state: 'stopped' | 'failed' | 'running', on = hostId) => instance(owner, here, { state, hostId: on })
  const [lost, rebuilt, kept] = [await one('stopped'), await one('stopped'), await one('stopped')]
  const [failed, never, running] = [await one('failed'), await one('failed'), await one('running')]
  const elsewhere = await one('stopped', await machineHost())
  await ran(failed, noon, new Date(noon.getTime() + minutes(5)))
  await disk(rebuilt, 'bld-later')
  await disk(kept, (await db().instance.findUniqueOrThrow({ where: { id: kept } })).build)

  await failWithoutDisks(noon)
  const found = async (id: string) => {
    const { state, reason } = await db().instance.findUniqueOrThrow({ where: { id } })
    return [state, reason]
  }
  const gone = ['failed', { code: 'MACHINE_GONE' }]
  for (const id of [lost, rebuilt, failed]) expect(await found(id)).toEqual(gone)
  for (const id of [kept, elsewhere]) expect(await found(id)).toEqual(['stopped', null])
  expect([await found(never), await found(running)]).toEqual([
    ['failed', null],
    ['running', null],
  ])
  const events = await db().event.findMany({ where: { action: 'instance.fail' }, select: { instanceId: true } })
  expect(events.map(({ instanceId }) => instanceId).sort()).toEqual([lost, rebuilt, failed].sort())
})
