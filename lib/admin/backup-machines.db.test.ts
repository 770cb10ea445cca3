import fs from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { databaseName, withDatabase } from '@/lib/db/beside'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { readHostId, writeHostId } from '@/lib/machines/host-id'
import type { MachineBase } from '@/lib/machines/machine'
import { hostMachines } from '@/lib/machines/machines'
import { QemuMachines } from '@/lib/machines/qemu'
import { machineSettings } from '@/lib/machines/settings'
import { bootDisk, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { account, minutes, noon, region, storedDisk, type TestAccount } from '@/lib/testing/builders'
import { instance, instanceType, machineHost, ran } from '@/lib/testing/builders-instances'
import { until } from '@/lib/testing/until'
import { admin, start } from './admin-fixture'

// The disks of instances in backups: those of stopped ones; for the others, the last snapshot.

const disk = whyNoMachine() === null ? await bootDisk() : null
const why = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')
const real = (name: string, run: () => Promise<void>) => test.skipIf(why !== '')(name, run)

const url = process.env.DATABASE_URL ?? ''
const home = fs.mkdtempSync(path.join(tmpdir(), 'backup-machines-'))
const backup = path.join(home, 'backup')
const machines = hostMachines()
const shape = { vcpus: 1, memoryMib: 192 }
let owner: TestAccount
let here: string
let imageId: string
let typeId: string
let hostId: string
let base: MachineBase

const elsewhere = (name: string) => ({
  DATABASE_URL: withDatabase(url, `${databaseName(url)}_${name}`),
  ECS_DATA_DIR: path.join(home, name),
})
const machineOf = (data: string, id: string) => path.join(data, 'machines', id, 'machine')
const own = () => process.env.ECS_DATA_DIR ?? ''
const manifest = () => JSON.parse(fs.readFileSync(path.join(backup, 'manifest.json'), 'utf8'))
const filesOf = (id: string) => {
  const found = manifest().instances.find((each: { id: string }) => each.id === id)
  return Object.fromEntries(found.files.map(({ name, sha256 }: { name: string; sha256: string }) => [name, sha256]))
}

beforeAll(async () => {
  if (!disk) return
  owner = await account()
  here = await region()
  imageId = await storedDisk(owner, here, disk)
  typeId = await instanceType({ memoryMib: 256 })
  hostId = await machineHost()
  await writeHostId(hostId)
  const { blob } = await db().image.findUniqueOrThrow({ where: { id: imageId }, include: { blob: true } })
  if (!blob) throw new Error('The image has no bytes.')
  const sizes = { size: Number(blob.size), virtualSize: Number(blob.virtualSize) }
  base = { regionId: here, key: blobKey(blob), sha256: blob.sha256, format: 'qcow2', ...sizes }
})
afterAll(async () => {
  for (const id of await machines.list()) await machines.destroy(id)
  fs.rmSync(home, { recursive: true, force: true })
})

/** Creates an instance with a disk on this host. */
async function built(state: 'stopped' | 'running' = 'stopped'): Promise<string> {
  const id = await instance(owner, here, { state, imageId, typeId, hostId })
  const { build } = await db().instance.findUniqueOrThrow({ where: { id } })
  await machines.build(id, { build, base, diskBytes: 2 ** 30, bootMode: 'BIOS', login: null })
  return id
}

/** Enlarges the disk of an instance, so that copying it takes a while. */
function grow(id: string): void {
  fs.truncateSync(path.join(machineOf(own(), id), 'disk.qcow2'), 3 * 2 ** 28)
}

async function withoutInstances(): Promise<void> {
  await db().snapshot.deleteMany()
  await db().instanceRun.deleteMany()
  await db().instance.deleteMany()
  for (const id of await machines.list()) await machines.destroy(id)
  fs.rmSync(backup, { recursive: true, force: true })
}

real(`the disk of a stopped instance is restored with its rows, and boots with what was written ${why}`, async () => {
  const [stopped, running] = [await built(), await built('running')]
  const lost = await instance(owner, here, { state: 'stopped', imageId, typeId, hostId: await machineHost() })
  await machines.start(stopped, shape)
  const terminal = new Terminal(await machines.console(stopped))
  await terminal.sees('/ #')
  terminal.type('echo survived | dd of=/dev/vda bs=1M seek=40 conv=notrunc,fsync 2>/dev/null; echo W=$((3*3))')
  await terminal.sees('W=9')
  await machines.kill(stopped)
  await ran(running, noon, new Date(noon.getTime() + minutes(5)), true)
  const snapshot = newId('snap')
  const of = await db().instance.findUniqueOrThrow({ where: { id: running } })
  const { imageName, imageOwnerId, imageOwnerName, operatingSystem, bootMode, blobId, ownerId, createdById } = of
  const from = { imageId, imageName, imageOwnerId, imageOwnerName, operatingSystem, bootMode, blobId }
  const at = { createdAt: noon, updatedAt: noon }
  const rest = { ownerId, createdById, regionId: here, name: 'before', instanceId: running, instanceName: of.name }
  const data = { id: snapshot, state: 'available' as const, virtualSize: 1n, ...rest, ...from, ...at }
  await db().snapshot.create({ data })

  const said = await admin(['--json', 'backup', backup])
  expect(said).toMatchObject({ code: 0 })
  const { instances, copied } = JSON.parse(said.out)
  expect(copied.disks).toBe(1)
  expect(instances).toHaveLength(3)
  expect(instances).toContainEqual({ instance: stopped, state: 'stopped', kept: 'disk' })
  const takenAt = noon.toISOString()
  expect(instances).toContainEqual({ instance: running, state: 'running', kept: 'snapshot', snapshot, takenAt })
  expect(instances).toContainEqual({ instance: lost, state: 'stopped', kept: 'nothing' })
  const lines = (await admin(['backup', backup])).out
  expect(lines).toContain('Instances: 1 with their disks, 1 by their last snapshot, 1 without data.')
  expect(lines).toContain(`${running} (running): snapshot ${snapshot} of ${takenAt}`)
  expect(lines).toContain(`${lost} (stopped): no disk and no snapshot`)

  const place = elsewhere('restored')
  const restored = await admin(['restore', backup], '', place)
  expect(restored).toMatchObject({ code: 0 })
  expect(restored.out).toContain('Instances: 1 with their disks from the backup, 1 failed')
  expect(restored.out).toContain(`${running}: failed (MACHINE_GONE)`)
  const file = 'disk.qcow2'
  expect(fs.readFileSync(path.join(machineOf(place.ECS_DATA_DIR, stopped), file))).toEqual(
    fs.readFileSync(path.join(machineOf(own(), stopped), file)),
  )
  expect(fs.readFileSync(path.join(place.ECS_DATA_DIR, 'machines/host'), 'utf8').trim()).toBe(hostId)
  expect(fs.readdirSync(path.join(place.ECS_DATA_DIR, 'machines')).filter((name) => name.startsWith('ins-'))).toEqual([
    stopped,
  ])
  const restoredMachines = new QemuMachines({
    ...machineSettings(),
    folder: path.join(place.ECS_DATA_DIR, 'machines'),
    firstUid: 630_000,
  })
  await restoredMachines.start(stopped, shape)
  const again = new Terminal(await restoredMachines.console(stopped))
  await again.sees('/ #')
  again.type('dd if=/dev/vda bs=1M skip=40 count=1 2>/dev/null | head -n 1')
  await again.sees('\nsurvived')
  await restoredMachines.destroy(stopped)
})

real(`a disk that has not changed is not copied again, and one that has is ${why}`, async () => {
  await withoutInstances()
  const [same, other] = [await built(), await built()]
  expect(JSON.parse((await admin(['--json', 'backup', backup])).out).copied.disks).toBe(2)
  const before = filesOf(other)
  expect(JSON.parse((await admin(['--json', 'backup', backup])).out).copied.disks).toBe(0)
  fs.appendFileSync(path.join(machineOf(own(), other), 'disk.qcow2'), 'more')
  expect(JSON.parse((await admin(['--json', 'backup', backup])).out).copied.disks).toBe(1)
  expect(filesOf(other)['disk.qcow2']).not.toBe(before['disk.qcow2'])
  // Files that no instance names are removed.
  const named = [...new Set([...Object.values(filesOf(same)), ...Object.values(filesOf(other))])]
  expect(fs.readdirSync(path.join(backup, 'machines')).sort()).toEqual(named.sort())
})

real(
  `killed in the middle a backup leaves the one before, and a restore is done when it is repeated ${why}`,
  async () => {
    await withoutInstances()
    const id = await built()
    expect((await admin(['backup', backup])).code).toBe(0)
    const before = filesOf(id)
    grow(id)
    const writes = async (folder: string, name: RegExp) =>
      until(() => expect(fs.readdirSync(folder).some((entry) => name.test(entry))).toBe(true))
    const cut = start(['backup', backup])
    await writes(path.join(backup, 'machines'), /\.part$/)
    process.kill(cut.pid ?? 0, 'SIGKILL')
    await cut.ended
    expect(filesOf(id)).toEqual(before)
    expect((await admin(['restore', backup], '', elsewhere('cut'))).code).toBe(0)
    expect((await admin(['backup', backup])).code).toBe(0)
    expect(filesOf(id)['disk.qcow2']).not.toBe(before['disk.qcow2'])
    expect(fs.readdirSync(path.join(backup, 'machines')).some((name) => name.endsWith('.part'))).toBe(false)

    const place = elsewhere('cut-again')
    const folder = path.join(place.ECS_DATA_DIR, 'machines', id)
    fs.mkdirSync(folder, { recursive: true })
    const restoring = start(['restore', backup], '', place)
    await writes(folder, /^machine\.new$/)
    process.kill(restoring.pid ?? 0, 'SIGKILL')
    await restoring.ended
    expect(fs.existsSync(path.join(folder, 'built.json'))).toBe(false)
    expect((await admin(['restore', backup], '', place)).out).toContain(
      'Instances: 1 with their disks from the backup.',
    )
    const size = fs.statSync(path.join(folder, 'machine/disk.qcow2')).size
    expect(size).toBe(3 * 2 ** 28)
  },
)

real(`a damaged disk in a backup changes nothing ${why}`, async () => {
  await withoutInstances()
  const id = await built()
  expect((await admin(['backup', backup])).code).toBe(0)
  const file = path.join(backup, 'machines', filesOf(id)['disk.qcow2'])
  const bytes = fs.readFileSync(file)
  fs.writeFileSync(file, Buffer.alloc(bytes.length, 1))
  const place = elsewhere('damaged')
  const refused = await admin(['restore', backup], '', place)
  expect(refused).toMatchObject({ code: 1 })
  expect(refused.err).toContain('is damaged: machines/')
  expect(fs.existsSync(path.join(place.ECS_DATA_DIR, 'machines'))).toBe(false)
})

real(`a restore leaves the disks that the host has, and replaces those that were rebuilt since ${why}`, async () => {
  await withoutInstances()
  const [kept, rebuilt] = [await built(), await built()]
  expect((await admin(['backup', backup])).code).toBe(0)
  const place = { ...elsewhere('again'), ECS_DATA_DIR: own() }
  fs.appendFileSync(path.join(machineOf(own(), kept), 'disk.qcow2'), 'newer')
  await machines.build(rebuilt, { build: 'bld-later', base, diskBytes: 2 ** 30, bootMode: 'BIOS', login: null })
  const said = await admin(['--json', 'restore', backup], '', place)
  expect(JSON.parse(said.out)).toMatchObject({ disks: [rebuilt], disksLeft: [kept] })
  expect(fs.readFileSync(path.join(machineOf(own(), kept), 'disk.qcow2'), 'latin1')).toMatch(/newer$/)
  const client = new pg.Client({ connectionString: place.DATABASE_URL })
  await client.connect()
  const { rows } = await client.query(`SELECT build FROM "Instance" WHERE id = $1`, [rebuilt])
  await client.end()
  expect(await machines.buildOf(rebuilt)).toBe(rows[0]?.build)

  // A host that has instances of another id keeps its id and its disks.
  const [first] = await machines.list()
  await writeHostId('somebody-else')
  await machines.destroy(rebuilt)
  const left = await admin(['restore', backup, '--force-empty'], '', place)
  expect(left.out).toContain('none of their disks were put back, as this host has instances of another')
  expect([first !== undefined, await readHostId(), await machines.buildOf(rebuilt)]).toEqual([
    true,
    'somebody-else',
    null,
  ])
  await writeHostId(hostId)
})
