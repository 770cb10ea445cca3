import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { createInstancesInput } from '@/lib/instances/schema'
import { createInstances } from '@/lib/instances/writes'
import { listBases } from '@/lib/instances/writes-host'
import type { MachineBase } from '@/lib/machines/machine'
import { hostMachines } from '@/lib/machines/machines'
import { machineSettings } from '@/lib/machines/settings'
import { S3Server } from '@/lib/stores/fixtures/s3-server'
import { bootDisk, Terminal, whyNoMachine } from '@/lib/testing/boot-disk'
import { account, bucketRegion, nth, stored, storedDisk } from '@/lib/testing/builders'
import { instance, instanceType, machineHost } from '@/lib/testing/builders-instances'
import { until, untilTrue } from '@/lib/testing/until'
import { runHost } from './host'
import { failureOf } from './operate'

// Images in a bucket, downloaded to the host that needs them.

const server = new S3Server()
const machines = hostMachines()
/** How many times each key was read from the bucket. */
const reads = new Map<string, number>()
const disk = whyNoMachine() === null ? await bootDisk() : null
const why = whyNoMachine() ?? (disk ? '' : 'the packages of the disk that boots cannot be had')

beforeAll(async () => {
  await server.start()
  server.before = ({ method, url = '' }) => {
    const key = path.basename(new URL(url, 'http://bucket').pathname)
    if (method === 'GET') reads.set(key, (reads.get(key) ?? 0) + 1)
    return false
  }
})
afterAll(async () => await server.stop())

const cached = ({ regionId, key }: MachineBase) => path.join(machineSettings().folder, 'cache', regionId, key)
const whatIsCached = ({ regionId }: MachineBase) => {
  const folder = path.join(machineSettings().folder, 'cache', regionId)
  return fs.existsSync(folder) ? fs.readdirSync(folder) : []
}

/** An image in a bucket, and its bytes as the base of a machine. */
async function inBucket(): Promise<{ imageId: string; regionId: string; base: MachineBase }> {
  const [regionId, owner] = [await bucketRegion(server), await account()]
  const imageId = await stored(owner, regionId)
  const { blob } = await db().image.findUniqueOrThrow({ where: { id: imageId }, include: { blob: true } })
  if (!blob) throw new Error('The image has no bytes.')
  const { sha256 } = blob
  const sizes = { size: Number(blob.size), virtualSize: Number(blob.virtualSize) }
  return { imageId, regionId, base: { regionId, key: blobKey(blob), sha256, format: 'raw', ...sizes } }
}

test('bytes are downloaded once for concurrent requests, counted, kept for instances, and evicted after the last', async () => {
  const { base, imageId, regionId } = await inBucket()
  const before = await machines.basesSize()
  await Promise.all([machines.prepare(base), machines.prepare(base), machines.prepare(base)])
  await machines.prepare(base)
  expect(reads.get(base.key)).toBe(1)
  expect(fs.statSync(cached(base)).size).toBe(base.size)
  expect(await machines.basesSize()).toBe(before + base.size)

  const [owner, hostId] = [await account(), await machineHost()]
  const own = { imageId, hostId }
  const [one, two] = [await instance(owner, regionId, own), await instance(owner, regionId, own)]
  // The leftover of a download whose process died.
  fs.writeFileSync(`${cached(base)}.${crypto.randomUUID()}.part`, 'cut off')
  const end = async (id: string) => {
    await db().instance.update({
      where: { id },
      data: { state: 'terminated', terminatedAt: new Date(), blobId: null },
    })
    await machines.keepBases(await listBases(hostId))
  }
  await end(one)
  expect(whatIsCached(base)).toEqual([base.key])
  await end(two)
  expect(whatIsCached(base)).toEqual([])
  expect(await machines.basesSize()).toBe(0)
  await machines.prepare(base)
  expect(reads.get(base.key)).toBe(2)
})

test("bytes other than the image's are refused and not kept, and the instance reports damage", async () => {
  const { base } = await inBucket()
  const object = objectOf(base.key)
  const bytes = fs.readFileSync(object)
  fs.writeFileSync(object, Buffer.concat([bytes.subarray(0, -1), Buffer.from('?')]))
  const error = await machines.prepare(base).catch((reason) => reason)
  expect(failureOf(error).reason).toEqual({ code: 'STORED_BYTES_DAMAGED' })
  expect(whatIsCached(base)).toEqual([])
  fs.writeFileSync(object, bytes)
  await machines.prepare(base)
  expect(fs.readFileSync(cached(base)).equals(bytes)).toBe(true)
})

/** Path of an object in the bucket. */
function objectOf(key: string): string {
  const names = fs.readdirSync(server.folder, { recursive: true, encoding: 'utf8' })
  const name = names.find((each) => each.includes(key) && each.endsWith('_object'))
  if (!name) throw new Error(`The bucket has no ${key}.`)
  return path.join(server.folder, name)
}

test('a download continues while anybody waits for it, and is aborted when nobody does', async () => {
  const { base } = await inBucket()
  const held: (() => void)[] = []
  const count = server.before
  server.before = async (request, response) => {
    await count(request, response)
    if (request.method === 'GET' && request.url?.includes(base.key))
      await new Promise<void>((resolve) => held.push(resolve))
    return false
  }
  try {
    const [first, second] = [new AbortController(), new AbortController()]
    const asked = [machines.prepare(base, first.signal), machines.prepare(base, second.signal)]
    const outcomes = Promise.allSettled(asked)
    await untilTrue(() => held.length === 1)
    first.abort()
    await expect(asked[0]).rejects.toThrow('aborted')
    nth(held, 0)()
    expect((await outcomes)[1]?.status).toBe('fulfilled')
    expect(whatIsCached(base)).toEqual([base.key])

    await machines.keepBases([])
    const third = new AbortController()
    const alone = machines.prepare(base, third.signal)
    const ended = expect(alone).rejects.toThrow('aborted')
    await untilTrue(() => held.length === 2)
    third.abort()
    await ended
    nth(held, 1)()
    await until(() => expect(whatIsCached(base)).toEqual([]))
  } finally {
    server.before = count
  }
})

test.skipIf(why !== '')(`two machines start from one image in a bucket, which is read once ${why}`, async () => {
  const [regionId, owner, typeId] = [
    await bucketRegion(server),
    await account(),
    await instanceType({ memoryMib: 256 }),
  ]
  const imageId = await storedDisk(owner, regionId, disk ?? '')
  const { blob } = await db().image.findUniqueOrThrow({ where: { id: imageId }, include: { blob: true } })
  // The hosts of other tests are not running, so they must take no new instance.
  await db().machineHost.updateMany({ data: { seenAt: new Date(0) } })
  const over = new AbortController()
  const hosting = runHost(over.signal)
  try {
    const real = { version: { not: 'test' } }
    await until(async () => expect(await db().machineHost.count({ where: real })).toBe(1))
    const words = { region: regionId, imageId, name: 'quay', typeId, diskGib: 1, count: 2 }
    const made = await createInstances(owner.ctx, createInstancesInput.parse(words))
    const ids = made.ok ? made.value.instanceIds : []
    expect(ids).toHaveLength(2)
    for (const id of ids) {
      const find = async () => await db().instance.findUniqueOrThrow({ where: { id } })
      await until(async () => expect(await find()).toMatchObject({ state: 'running' }))
      await new Terminal(await machines.console(id)).sees('/ #')
    }
    expect(reads.get(blob ? blobKey(blob) : '')).toBe(1)
  } finally {
    over.abort()
    await hosting
    for (const id of await machines.list()) await machines.destroy(id)
  }
})
