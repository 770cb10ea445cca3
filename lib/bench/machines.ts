import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mintViewer } from '@/lib/auth/viewer'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { seedInstanceTypes } from '@/lib/instance-types/writes'
import { createInstancesInput } from '@/lib/instances/schema'
import { createInstances } from '@/lib/instances/writes'
import { terminateInstance } from '@/lib/instances/writes-operate'
import { hostMachines } from '@/lib/machines/machines'
import { storeOf } from '@/lib/stores/store'
import { runHost } from '@/lib/tasks/host'
import { bootDisk, whyNoMachine } from '@/lib/testing/boot-disk'
import { type Figure, type Findings, median } from './figures'
import { type StartTimes, startByHand } from './machines-by-hand'
import { measureSnapshots } from './machines-snapshots'
import { type Place, tell } from './place'

const instances = 20
/** For how many instances the first byte is waited for: an emulated guest takes seconds. */
const heard = 3
const overHandMax = 1.3
const regionId = 'cn-machines'
const patienceMs = 120_000

/** The time of an instance from the request to running, compared with the same QEMU started by hand, and a snapshot. */
export async function measureMachines(_place: Place): Promise<Findings> {
  const disk = whyNoMachine() === null ? await bootDisk() : null
  if (!disk)
    return { figures: [], notes: ['Machines were not measured: QEMU or the disk that boots cannot be had here.'] }
  tell(`Machines: ${instances} are created one after the other, and as many started by hand …`)
  const imageId = await makeImage(disk)
  const over = new AbortController()
  const hosting = runHost(over.signal)
  try {
    await until(async () => (await db().machineHost.count({ where: { accelerator: { not: null } } })) > 0)
    return { figures: [...(await measureStarts(imageId, disk)), await measureSnapshots(regionId)], notes: [] }
  } finally {
    over.abort()
    await hosting
    for (const id of await hostMachines().list()) await hostMachines().destroy(id)
  }
}

async function measureStarts(imageId: string, disk: string): Promise<Figure[]> {
  const [ours, byHand]: [StartTimes[], StartTimes[]] = [[], []]
  for (let count = 0; count < instances; count++) {
    const isHeard = count < heard
    const { times, machine } = await create(imageId, isHeard)
    ours.push(times)
    byHand.push(await startByHand(machine, disk, isHeard))
    fs.rmSync(machine, { recursive: true })
  }
  const figure = (name: string, of: (times: StartTimes) => number[]): Figure => ({
    ...{ section: 'machines', name, unit: 's', value: median(ours.flatMap(of)) },
    limit: { value: median(byHand.flatMap(of)), of: 'the same QEMU by hand' },
    aim: { of: 'ratio', bound: 'at most', number: overHandMax },
  })
  return [
    figure('an instance, from the request to running', ({ running }) => [running]),
    figure('to the first byte on its serial port', ({ firstByte }) => (firstByte === null ? [] : [firstByte])),
  ]
}

/** Creates an instance as a tenant does, and terminates it. Returns a copy of what its keeper was told to start. */
async function create(imageId: string, isHeard: boolean): Promise<{ times: StartTimes; machine: string }> {
  const [ctx, name] = [await owner(), 'quay']
  const words = { region: regionId, imageId, name, typeId: 'ecs.t1.micro', diskGib: 1, count: 1 }
  const began = performance.now()
  const since = () => (performance.now() - began) / 1_000
  const made = await createInstances(ctx, createInstancesInput.parse(words))
  const id = made.ok ? (made.value.instanceIds[0] ?? '') : ''
  const stateOf = async () => (await db().instance.findUnique({ where: { id }, select: { state: true } }))?.state
  await until(async () => (await stateOf()) === 'running')
  const running = since()
  if (isHeard) await until(async () => (await hostMachines().consoleLog(id)).length > 0)
  const firstByte = isHeard ? since() : null
  const machine = fs.mkdtempSync(path.join(os.tmpdir(), 'ecs-by-hand-'))
  const folder = path.join(process.env.ECS_DATA_DIR ?? '', 'machines', id)
  for (const file of ['built.json', 'keeper/spec.json'])
    fs.copyFileSync(path.join(folder, file), path.join(machine, path.basename(file)))
  await terminateInstance(ctx, { region: regionId, instanceId: id, typedName: name })
  await until(async () => (await stateOf()) === 'terminated')
  return { times: { running, firstByte }, machine }
}

async function owner() {
  const account = await db().account.findUniqueOrThrow({ where: { id: 'acc-machines' }, include: { master: true } })
  return { viewer: mintViewer(account), now: new Date(), address: null }
}

async function makeImage(disk: string): Promise<string> {
  const now = new Date()
  await seedInstanceTypes(now)
  const [accountId, id, blobId] = ['acc-machines', 'img-machines00', 'blb-machines00']
  const bytes = fs.readFileSync(disk)
  // A qcow2 header contains the virtual size.
  const virtualSize = bytes.readBigUInt64BE(24)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const at = { createdAt: now, updatedAt: now }
  await db().region.create({ data: { id: regionId, name: 'Machines', createdAt: now } })
  const account = { id: accountId, username: 'machines', displayName: '', email: '', kind: 'MASTER' as const }
  await db().account.create({ data: { ...account, passwordHash: '-', createdAt: now } })
  const content = { sha256, size: bytes.length, format: 'qcow2' as const, virtualSize }
  await db().blob.create({ data: { id: blobId, regionId, ...content, state: 'ready', ...at } })
  const image = { id, name: 'tiny', operatingSystem: 'Tiny Linux', source: 'IMPORT' as const, ...content }
  await db().image.create({ data: { ...image, ownerId: accountId, regionId, state: 'available', blobId, ...at } })
  const folder = storeOf(regionId).local?.folder ?? ''
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, blobKey({ id: blobId, sha256 })), bytes)
  return id
}

/** Polls often, because the waiting time is what is measured. */
async function until(is: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + patienceMs; !(await is()); await sleep(5))
    if (performance.now() > end) throw new Error('A machine did not come to where it should.')
}
