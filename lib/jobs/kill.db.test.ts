import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { beginCopy } from '@/lib/copies/writes'
import { db } from '@/lib/db/client'
import { account, quota, region, type TestAccount } from '@/lib/db/test-fixtures'
import { buildRawDisk } from '@/lib/disks/samples'
import { deleteImage } from '@/lib/images/writes'
import { leaseMs } from '@/lib/imports/rules'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { listStaged, receiveStaged } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'
import { sweepImages } from './sweep-images'

// The real worker, killed outright in the middle of its work, again and again, at moments that nobody chose.

const kills = 7
const settleMs = 60_000
let worker: ChildProcess | undefined

function startWorker(): ChildProcess {
  const args = ['--conditions=react-server', '--import', 'tsx', 'lib/jobs/worker.ts']
  worker = spawn(process.execPath, args, { env: { ...process.env, ECS_METRICS_PORT: '' }, stdio: 'ignore' })
  return worker
}

async function kill(process: ChildProcess): Promise<void> {
  const ended = once(process, 'exit')
  process.kill('SIGKILL')
  await ended
}

afterEach(async () => {
  if (worker && worker.exitCode === null && worker.signalCode === null) await kill(worker)
})

let seed = 5_000

/** An import whose file has arrived whole and waits for a worker. */
async function arrived(owner: TestAccount, regionId: string): Promise<string> {
  const ctx = owner.at(new Date())
  const begun = await beginImport(ctx, { region: regionId, name: 'web-01', operatingSystem: 'Debian 12' })
  if (!begun.ok) throw new Error(begun.refusal.code)
  const { imageId } = begun.value
  const disk = buildRawDisk({ sizeMib: 16, label: 'KILL', seed: ++seed })
  const { size } = await receiveStaged(imageId, Readable.from([disk]), { sizeMax: disk.length })
  const sha256 = createHash('sha256').update(disk).digest('hex')
  await endReceiving(ctx, imageId, { size, sha256: null, claimedSha256: sha256 }, { isQueued: true })
  return imageId
}

const statesOf = async (owner: TestAccount) =>
  (await db().image.findMany({ where: { ownerId: owner.id }, select: { state: true } }))
    .map(({ state }) => state)
    .sort()

/** As a minute later: what the dead worker held is taken up again. */
const aMinuteLater = async () => await sweepImages(new Date(Date.now() + leaseMs + 1_000))

async function settled(owner: TestAccount): Promise<void> {
  const inMotion = async () => {
    const images = (await statesOf(owner)).some((state) => state !== 'available')
    return images || (await db().blob.count({ where: { NOT: { state: 'ready' } } })) > 0
  }
  for (const began = Date.now(); await inMotion(); await sleep(200))
    if (Date.now() - began > settleMs) throw new Error(`Still: ${(await statesOf(owner)).join()}`)
}

async function keysIn(regionId: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key, isPartial } of storeOf(regionId).list()) keys.push(isPartial ? `${key} (unfinished)` : key)
  return keys
}

test('a worker killed in the middle of imports, copies and deletes loses nothing, doubles nothing and leaves nothing behind', {
  timeout: 240_000,
}, async () => {
  const [here, there, owner] = await Promise.all([region(), region(), account()])
  // A place that was lost, or one that was taken twice, would show.
  await Promise.all([quota(owner, here, 4), quota(owner, there, 2)])
  const imports = [await arrived(owner, here), await arrived(owner, here), await arrived(owner, here)]
  for (let round = 0; round < kills; round++) {
    const running = startWorker()
    // A start takes a while; then the work is met early and late.
    await sleep(600 + round * 450)
    await kill(running)
    await aMinuteLater()
    if (round === 2) {
      // By now some are there; copies and deletes join in.
      const [first] = await db().image.findMany({ where: { ownerId: owner.id, regionId: here, state: 'available' } })
      if (first) {
        const copy = { region: here, imageId: first.id, targetRegion: there, name: 'copy' }
        for (let count = 0; count < 2; count++)
          expect(await beginCopy(owner.at(new Date()), copy)).toMatchObject({ ok: true })
      }
      const extra = await arrived(owner, here)
      imports.push(extra)
    }
  }
  startWorker()
  await settled(owner)
  expect(await db().image.count({ where: { ownerId: owner.id, regionId: here } })).toBe(4)
  const copies = await db().image.findMany({ where: { ownerId: owner.id, regionId: there } })
  expect(copies.length === 0 || copies.length === 2).toBe(true)
  expect(await keysIn(here)).toHaveLength(4)
  expect(await keysIn(there)).toHaveLength(copies.length > 0 ? 1 : 0)
  for (const imageId of [...imports, ...copies.map((copy) => copy.id)]) {
    const input = { imageId, cancelShares: false, typedName: null, region: null, isForGood: true }
    expect(await deleteImage(owner.at(new Date()), input)).toMatchObject({ ok: true })
  }
  if (worker) await kill(worker)
  await aMinuteLater()
  startWorker()
  await settled(owner)
  expect([await keysIn(here), await keysIn(there)]).toEqual([[], []])
  expect(await statesOf(owner)).toEqual([])
  await expect.poll(async () => await listStaged(), { timeout: 10_000 }).toEqual([])
  expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
})
