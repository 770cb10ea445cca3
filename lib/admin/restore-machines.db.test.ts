import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { readHostId, writeHostId } from '@/lib/machines/host-id'
import { MachineFolder, machineIds } from '@/lib/machines/machine-folder'
import { machineSettings } from '@/lib/machines/settings'
import { account, minutes, noon, region } from '@/lib/testing/builders'
import { instance, machineHost, ran } from '@/lib/testing/builders-instances'
import type { Manifest } from './backup-manifest'
import { failWithoutDisks, putBackMachines, requireNoGuests } from './restore-machines'

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

test('nothing is restored over a guest that runs, or waits, under a keeper that outlived the console', async () => {
  const id = newId('ins')
  await disk(id, 'bld-1')
  await requireNoGuests()
  const { keeper } = new MachineFolder(machineSettings().folder, id)
  let state = 'running'
  const server = net.createServer((socket) => {
    const journal = { boot: '', start: '', state, reason: null, runs: [] }
    socket.once('data', () => socket.end(`${JSON.stringify({ return: journal })}\n`))
  })
  await new Promise<void>((resolve) => server.listen(path.join(keeper, 'keeper.sock'), resolve))
  for (state of ['running', 'paused', 'starting', 'unknown'])
    await expect(requireNoGuests()).rejects.toThrow(`Instances run on this host: ${id}. Stop them`)
  await new Promise((resolve) => server.close(resolve))
  await requireNoGuests()
})

test('a host without instances takes the id of the one in the backup, also where that has none of their disks', async () => {
  for (const id of await machineIds(machineSettings().folder))
    await new MachineFolder(machineSettings().folder, id).remove()
  await writeHostId('another')
  const backup: Manifest = {
    ...{ format: 1, createdAt: noon.toISOString(), versions: { console: '', postgres: '' }, migrations: [] },
    ...{ database: 'database-1', tables: [], sequences: [], blobs: [], host: 'lost', instances: [] },
  }
  const { signal } = new AbortController()
  await putBackMachines('/nowhere', backup, signal)
  expect(await readHostId()).toBe('another')
  const instances: Manifest['instances'] = [{ id: 'ins-aaaaaaaaaa', state: 'running', kept: 'nothing' }]
  expect(await putBackMachines('/nowhere', { ...backup, instances }, signal)).toEqual({ disks: [], left: [] })
  expect(await readHostId()).toBe('lost')
})
