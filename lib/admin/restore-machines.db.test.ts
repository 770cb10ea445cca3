import { createHash } from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import type { InstanceTask } from '@/lib/db/generated/enums'
import { newId } from '@/lib/ids'
import { readHostId, writeHostId } from '@/lib/machines/host-id'
import { MachineFolder, machineIds } from '@/lib/machines/machine-folder'
import { hostMachines } from '@/lib/machines/machines'
import { machineSettings } from '@/lib/machines/settings'
import { account, minutes, noon, region } from '@/lib/testing/builders'
import { instance, machineHost, ran } from '@/lib/testing/builders-instances'
import { type Manifest, machinesFolder } from './backup-manifest'
import { failWithoutDisks, putBackMachines, replaceRebuilt, requireNoGuests, sayPutBack } from './restore-machines'

// What a restore does with the disks of instances. No machine is started.

const empty: Manifest = {
  ...{ format: 1, createdAt: noon.toISOString(), versions: { console: '', postgres: '' }, migrations: [] },
  ...{ database: 'database-1', tables: [], sequences: [], blobs: [], host: null, instances: [] },
}

const base = { regionId: 'xx', key: 'k', sha256: '', size: 1, format: 'qcow2', virtualSize: 1 } as const

async function disk(id: string, build: string): Promise<void> {
  const place = new MachineFolder(machineSettings().folder, id)
  fs.writeFileSync(path.join(await place.begin(), 'disk.qcow2'), '')
  await place.finish({ build, base, diskBytes: 2 ** 20, bootMode: 'BIOS', login: null }, 0)
}

test('instances whose guests wrote to a disk that this host lacks are failed, and their owners are notified', async () => {
  const [owner, here, hostId] = [await account(), await region(), await machineHost()]
  await writeHostId(hostId)
  const one = async (state: 'stopped' | 'failed' | 'running', on = hostId) => {
    const id = await instance(owner, here, { state, hostId: on })
    await ran(id, noon, new Date(noon.getTime() + minutes(5)), state === 'running')
    return id
  }
  const [lost, rebuilt, kept] = [await one('stopped'), await one('stopped'), await one('stopped')]
  const [failed, never, begun] = [await one('failed'), await one('failed'), await one('stopped')]
  // Its row is from the backup; its disk was rebuilt afterwards.
  const running = await one('running')
  const elsewhere = await one('stopped', await machineHost())
  const broken = await one('stopped')
  // Created or rebuilt before the backup, and rebuilt again since: neither a start nor the task may replace the later disk.
  const [unstarted, creating, rebuilding] = [await one('stopped'), await one('stopped'), await one('stopped')]
  const begins = async (id: string, task: InstanceTask | null, startedBuild: string | null) =>
    await db().instance.update({ where: { id }, data: { task, taskSince: task && noon, startedBuild } })
  await begins(unstarted, null, null)
  await begins(creating, 'CREATE', null)
  await begins(rebuilding, 'REBUILD', 'bld-before')
  // Its rebuild was requested and had not begun.
  const asked = await one('stopped')
  await begins(asked, 'REBUILD', 'bld-before')
  await disk(asked, 'bld-before')
  const stopping = await one('running')
  await db().instance.update({ where: { id: stopping }, data: { task: 'STOP', taskSince: noon } })
  await db().instance.update({ where: { id: never }, data: { startedBuild: 'bld-before' } })
  await db().instance.update({ where: { id: begun }, data: { task: 'START', taskSince: noon } })
  for (const id of [rebuilt, running, unstarted, creating, rebuilding]) await disk(id, 'bld-later')
  await disk(kept, (await db().instance.findUniqueOrThrow({ where: { id: kept } })).build)
  await disk(broken, 'bld-1')
  const { folder, keeper } = new MachineFolder(machineSettings().folder, broken)
  for (const file of [path.join(folder, 'built.json'), path.join(keeper, 'journal.json')]) fs.writeFileSync(file, '{')

  const all = [lost, rebuilt, failed, begun, running, broken, unstarted, creating, rebuilding, stopping].sort()
  expect((await failWithoutDisks(noon)).sort()).toEqual(all)
  const found = async (id: string) => {
    const { state, reason } = await db().instance.findUniqueOrThrow({ where: { id } })
    return [state, reason]
  }
  const gone = ['failed', { code: 'MACHINE_GONE' }]
  for (const id of all) expect(await found(id)).toEqual(gone)
  for (const id of [kept, elsewhere]) expect(await found(id)).toEqual(['stopped', null])
  expect(await found(never)).toEqual(['failed', null])
  const row = async (id: string) => await db().instance.findUniqueOrThrow({ where: { id } })
  for (const id of [begun, creating, rebuilding, stopping]) expect(await row(id)).toMatchObject({ task: null })
  // Prevents a start from building the disk of the row.
  for (const id of all) expect((await row(id)).startedBuild).toBe((await row(id)).build)
  expect(await row(asked)).toMatchObject({ state: 'stopped', task: 'REBUILD' })
  expect(await db().instanceRun.count({ where: { isOpen: true } })).toBe(0)
  const events = await db().event.findMany({ where: { action: 'instance.fail' }, select: { instanceId: true } })
  expect(events.map(({ instanceId }) => instanceId).sort()).toEqual(all)
})

test("nothing is restored while a keeper runs that outlived the console, whatever its guest's state, and before it listens", async () => {
  const id = newId('ins')
  await disk(id, 'bld-1')
  await requireNoGuests()
  const { keeper, lock } = new MachineFolder(machineSettings().folder, id)
  // Only its socket: its lock may be in another network namespace.
  for (const place of [`\0ecs-keeper-${lock}`, path.join(keeper, 'keeper.sock')]) {
    const server = net.createServer()
    await new Promise<void>((resolve) => server.listen(place, resolve))
    await expect(requireNoGuests()).rejects.toThrow(`Instances run on this host: ${id}. Stop them`)
    expect(await hostMachines().save(id)).toBeNull()
    await new Promise((resolve) => server.close(resolve))
    await requireNoGuests()
  }
})

test('one disk that cannot be replaced is reported with advice and does not keep the others from being replaced', async () => {
  const hostId = await machineHost()
  await writeHostId(hostId)
  const [first, second] = [newId('ins'), newId('ins')]
  for (const id of [first, second]) await disk(id, 'bld-later')
  const backup = fs.mkdtempSync(path.join(tmpdir(), 'ecs-restore-machines-'))
  const of = (id: string, build: string): Manifest['instances'][number] => {
    const record = JSON.stringify({ build, diskBytes: 2 ** 20, bootMode: 'BIOS', hasSeed: false, base })
    const files = Object.entries({ 'built.json': record, 'disk.qcow2': `the disk of ${id}` }).map(([name, text]) => {
      const sha256 = createHash('sha256').update(text).digest('hex')
      fs.mkdirSync(machinesFolder(backup), { recursive: true })
      fs.writeFileSync(path.join(machinesFolder(backup), sha256), text)
      return { name, size: text.length, sha256 }
    })
    return { id, state: 'stopped', kept: 'disk', build, stamp: '', files }
  }
  const instances = [of(first, 'bld-1'), of(second, 'bld-2')]
  const manifest = { ...empty, host: hostId, instances }
  fs.rmSync(path.join(machinesFolder(backup), createHash('sha256').update(`the disk of ${first}`).digest('hex')))

  const { signal } = new AbortController()
  const before = await putBackMachines(backup, manifest, signal)
  expect(before).toMatchObject({ disks: [], left: [first, second], failed: [], isItsHost: true, isNewHost: false })
  const { lock } = new MachineFolder(machineSettings().folder, second)
  const keeper = net.createServer()
  await new Promise<void>((resolve) => keeper.listen(`\0ecs-keeper-${lock}`, resolve))
  expect((await replaceRebuilt(backup, manifest, before)).failed).toContainEqual({ id: second, reason: 'It runs.' })
  await new Promise((resolve) => keeper.close(resolve))
  const done = await replaceRebuilt(backup, manifest, before)
  expect(done).toMatchObject({ disks: [second], left: [], failed: [{ id: first }] })
  expect(await hostMachines().buildOf(first)).toBe('bld-later')
  expect(await hostMachines().buildOf(second)).toBe('bld-2')
  const lines = sayPutBack(done, [first], manifest).join('\n')
  expect(lines).toContain('Instances: 1 with their disks from the backup, 1 failed')
  expect(lines).toContain(`${first}: its disk could not be put back`)
  expect(lines).not.toContain(`${first}: failed (MACHINE_GONE)`)
  const third = newId('ins')
  const lacking = { ...manifest, instances: instances.slice(0, 1).map((dump) => ({ ...dump, id: third })) }
  const later = await putBackMachines(backup, lacking, signal)
  expect(later.failed).toMatchObject([{ id: third }])
  expect(fs.readdirSync(new MachineFolder(machineSettings().folder, third).folder)).toEqual(['keeper'])
  fs.rmSync(backup, { recursive: true })
})

test("a host without instances takes the id of the backup's host, even if it has none of its disks", async () => {
  for (const id of await machineIds(machineSettings().folder))
    await new MachineFolder(machineSettings().folder, id).remove()
  await writeHostId('another')
  const backup: Manifest = { ...empty, host: 'lost' }
  const { signal } = new AbortController()
  await putBackMachines('/nowhere', backup, signal)
  expect(await readHostId()).toBe('another')
  const instances: Manifest['instances'] = [{ id: 'ins-aaaaaaaaaa', state: 'running', kept: 'nothing' }]
  const done = await putBackMachines('/nowhere', { ...backup, instances }, signal)
  expect(done).toEqual({ disks: [], left: [], failed: [], isItsHost: true, isNewHost: true })
  expect(await readHostId()).toBe('lost')
  // On the wrong computer the operator must read the advice before a worker claims the instances.
  const said = sayPutBack(done, [], { ...backup, instances }).join('\n')
  expect(said).toContain("is now the one of the backup's, lost, without their disks")
  expect(said).toContain(path.join(machineSettings().folder, 'host'))
  await disk(newId('ins'), 'bld-1')
  const others = await putBackMachines('/nowhere', { ...backup, host: 'third', instances }, signal)
  expect(others.isItsHost).toBe(false)
  expect(sayPutBack(others, [], { ...backup, host: 'third', instances }).join('\n')).toContain('has id\n  third.')
  expect(await readHostId()).toBe('lost')
  // Truncated by an interrupted write.
  fs.writeFileSync(path.join(machineSettings().folder, 'host'), '')
  expect(await readHostId()).toBeNull()
})
