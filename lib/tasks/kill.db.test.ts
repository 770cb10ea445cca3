import type { ChildProcess } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import pg from 'pg'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { beginCopy } from '@/lib/copies/writes'
import { db } from '@/lib/db/client'
import { hasQemu, qemuNote } from '@/lib/disks/fixtures/qemu'
import { buildRawDisk } from '@/lib/disks/samples'
import { removalPatienceMs } from '@/lib/images/rules'
import { deleteImage } from '@/lib/images/writes'
import { beginImport, endReceiving } from '@/lib/imports/writes'
import { type Before, S3Server } from '@/lib/stores/fixtures/s3-server'
import { listStaged, receiveStaged } from '@/lib/stores/staging'
import { storeOf } from '@/lib/stores/store'
import {
  account,
  bucketRegion,
  keysIn,
  leasesAge,
  quota,
  region,
  stored,
  type TestAccount,
} from '@/lib/testing/builders'
import { isRunning, killProcess as kill, startWorkerProcess } from '@/lib/testing/worker-process'
import { leaseMs, queueMs } from '@/lib/transfers/rules'
import { sweepImages } from './sweep-images'

// The real worker, killed with SIGKILL at points where it is held: by a bucket that does not respond, by a row lock, or by a slow tool.

const mib = 2 ** 20
const server = new S3Server()
await server.start()
const tools = await mkdtemp(path.join(tmpdir(), 'ecs-console-tools-'))
const isSlow = path.join(tools, 'slow')
const slowly = `#!/bin/sh
[ "$1" = convert ] && [ -e '${isSlow}' ] && sleep 60
PATH="\${PATH#*:}" exec qemu-img "$@"
`
await writeFile(path.join(tools, 'qemu-img'), slowly, { mode: 0o755 })
await chmod(tools, 0o755)

let worker: ChildProcess | undefined

beforeEach(() => {
  server.before = () => false
})
afterEach(async () => {
  if (isRunning(worker)) await kill(worker)
})
afterAll(async () => {
  await server.stop()
  await rm(tools, { recursive: true })
})

function startWorker(): ChildProcess {
  // Checks would read the same bytes, and a request to the bucket must be the transfer's.
  const env = { ECS_DISK_CHECK: 'off' }
  worker = startWorkerProcess(hasQemu ? { ...env, PATH: `${tools}:${process.env.PATH}` } : env)
  return worker
}

/** Kills a worker at a point of its work, and lets time pass so that the work is taken up again. */
async function killWhen(hasCome: () => Promise<boolean> | boolean, release = async () => {}): Promise<void> {
  const running = startWorker()
  await expect.poll(hasCome).toBe(true)
  await kill(running)
  server.before = () => false
  await release()
  await minutesPass()
}

/** Lets the leases of a dead worker expire, and sweeps like another worker. */
async function minutesPass(): Promise<void> {
  // A worker may have died between taking the job and claiming the transfer, which is then still queued.
  await leasesAge(Math.max(leaseMs, queueMs) + 1_000)
  await sweepImages(new Date(Date.now() + removalPatienceMs + 1_000))
}

/** Kills a worker while it waits for its bucket's response. */
async function killAt(isMeant: (method: string, url: string) => boolean, release = async () => {}): Promise<void> {
  let isHeld = false
  server.before = async ({ method = '', url = '' }) => {
    if (!isMeant(method, url)) return false
    isHeld = true
    return await new Promise<boolean>(() => {})
  }
  await killWhen(() => isHeld, release)
}

/** Locks a row like a slow transaction. */
async function lockRow(table: 'Account' | 'Blob', id: string): Promise<() => Promise<void>> {
  const client = new pg.Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  await client.query('BEGIN')
  await client.query(`SELECT id FROM "${table}" WHERE id = $1 FOR NO KEY UPDATE`, [id])
  return async () => await client.end()
}

async function settled(owner: TestAccount): Promise<void> {
  if (worker?.signalCode !== null) startWorker()
  const inMotion = async () => {
    const images = await db().image.count({ where: { ownerId: owner.id, NOT: { state: 'available' } } })
    return images + (await db().blob.count({ where: { NOT: { state: 'ready' } } }))
  }
  await expect.poll(inMotion).toBe(0)
}

async function expectNothingWrong(): Promise<void> {
  await expect.poll(async () => await listStaged()).toEqual([])
  expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
}

/** An import whose file is complete and that waits for a worker; large enough for two parts. */
async function arrived(owner: TestAccount, regionId: string): Promise<string> {
  const ctx = owner.at(new Date())
  const begun = await beginImport(ctx, { region: regionId, name: 'web-01', operatingSystem: 'Debian 12' })
  if (!begun.ok) throw new Error(begun.refusal.code)
  const { imageId } = begun.value
  const disk = buildRawDisk({ sizeMib: 64, label: 'KILL', seed: 5_000 })
  randomFillSync(disk, 16 * mib, 24 * mib)
  const { size } = await receiveStaged(imageId, Readable.from([disk]), { sizeMax: disk.length })
  const claimedSha256 = createHash('sha256').update(disk).digest('hex')
  await endReceiving(ctx, { imageId, holder: null }, { size, sha256: null, claimedSha256 })
  return imageId
}

const importPoints =
  'checked, converted, before its first byte, between two parts, before and after they are put together'
test.skipIf(!hasQemu)(
  `an import whose worker is killed while the disk is ${importPoints} becomes one image${qemuNote}`,
  async () => {
    const [here, owner] = await Promise.all([bucketRegion(server), account()])
    // A quota place that is lost or taken twice would be noticed.
    await quota(owner, here, 1)
    const imageId = await arrived(owner, here)
    const isAt = (step: string) => async () => {
      const transfer = await db().transfer.findUniqueOrThrow({ where: { imageId } })
      return transfer.step === step && transfer.leaseHolder !== null
    }
    // Killed while it hashes: the next step would wait for the owner's lock.
    const unlock = await lockRow('Account', owner.id)
    await killWhen(isAt('CHECK'), async () => {
      expect(await isAt('CHECK')()).toBe(true)
      await unlock()
    })
    await writeFile(isSlow, '')
    await killWhen(isAt('CONVERT'), async () => expect(await isAt('CONVERT')()).toBe(true))
    await rm(isSlow)
    await killAt((method, url) => method === 'POST' && url.includes('uploads'))
    await killAt((method, url) => method === 'PUT' && url.includes('partNumber=2'))
    await killAt((method, url) => method === 'POST' && url.includes('uploadId'))
    let isWritten = false
    await killAt((method, url) => {
      const isLast = method === 'HEAD' && isWritten
      isWritten ||= method === 'POST' && url.includes('uploadId')
      return isLast
    })
    await settled(owner)
    expect(await db().image.findUnique({ where: { id: imageId } })).toMatchObject({ state: 'available' })
    expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(1)
    expect(await keysIn(here)).toEqual([expect.not.stringContaining('unfinished')])
    await expectNothingWrong()
  },
)

test('a copy whose worker is killed before the first byte, half way, and after the last becomes one image', async () => {
  const [here, there, owner] = await Promise.all([bucketRegion(server), region(), account()])
  await quota(owner, there, 1)
  const imageId = await stored(owner, here)
  const copy = { region: here, imageId, targetRegion: there, name: 'copy' }
  expect(await beginCopy(owner.at(new Date()), copy)).toMatchObject({ ok: true })
  const isRead = (method: string | undefined) => method === 'GET'
  await killAt(isRead)

  const [key = ''] = await keysIn(here)
  const bytes = Buffer.concat(await (await storeOf(here).read(key)).toArray())
  const answerHalf: Before = ({ method }, response) => {
    if (!isRead(method)) return false
    response.writeHead(200, { 'content-length': bytes.length })
    return response.write(bytes.subarray(0, bytes.length / 2)) || true
  }
  server.before = answerHalf
  await killWhen(async () => (await keysIn(there)).some((found) => found.includes('unfinished')))

  // Once, also where a read that took too long is tried again.
  let locked: ReturnType<typeof lockRow> | undefined
  server.before = async ({ method }) => {
    if (!isRead(method)) return false
    locked ??= lockRow('Account', owner.id)
    await locked
    return false
  }
  const isWhole = async () => (await keysIn(there)).some((found) => !found.includes('unfinished'))
  await killWhen(isWhole, async () => await (await locked)?.())
  await settled(owner)
  expect(await db().image.findMany({ where: { ownerId: owner.id, regionId: there } })).toMatchObject([
    { state: 'available', copyOfId: imageId },
  ])
  expect(await keysIn(there)).toEqual([expect.not.stringContaining('unfinished')])
  await expectNothingWrong()
})

test('a delete whose worker is killed before the bytes and before their row are removed is completed', async () => {
  const [here, there, owner] = await Promise.all([bucketRegion(server), region(), account()])
  const deleteForGood = async (imageId: string) => {
    const input = { imageId, cancelShares: false, typedName: null, region: null, isForGood: true }
    expect(await deleteImage(owner.at(new Date()), input)).toMatchObject({ ok: true })
  }
  await deleteForGood(await stored(owner, here))
  const isDelete = (method: string) => method === 'DELETE'
  await killAt(isDelete, async () => expect(await keysIn(here)).toHaveLength(1))

  const imageId = await stored(owner, there)
  const { blobId } = await db().image.findUniqueOrThrow({ where: { id: imageId } })
  await deleteForGood(imageId)
  const unlock = await lockRow('Blob', blobId ?? '')
  await killWhen(
    async () => (await keysIn(there)).length === 0,
    async () => {
      expect(await db().blob.count({ where: { regionId: there } })).toBe(1)
      await unlock()
    },
  )
  await settled(owner)
  expect([await keysIn(here), await keysIn(there)]).toEqual([[], []])
  expect(await db().image.count({ where: { ownerId: owner.id } })).toBe(0)
  await expectNothingWrong()
})

test.skipIf(!hasQemu)(
  `a worker that was suspended and counted as dead changes nothing when it continues after its work is done${qemuNote}`,
  async () => {
    const [here, owner] = await Promise.all([bucketRegion(server), account()])
    const imageId = await arrived(owner, here)
    const frozen = startWorker()
    let wake = () => {}
    // The worker lists unfinished parts of dead writers right before it writes.
    const isHeld = new Promise<void>((resolve) => {
      server.before = async ({ method, url = '' }) => {
        if (method !== 'GET' || !url.includes('uploads')) return false
        resolve()
        await new Promise<void>((go) => (wake = go))
        return false
      }
    })
    await isHeld
    frozen.kill('SIGSTOP')
    server.before = () => false
    await minutesPass()
    const second = startWorker()
    const rowOf = async () => await db().image.findUnique({ where: { id: imageId }, include: { transfer: true } })
    await expect.poll(async () => (await rowOf())?.state).toBe('available')
    const inHand = async () =>
      await db().$queryRaw<
        unknown[]
      >`SELECT FROM graphile_worker._private_jobs WHERE locked_by IS NOT NULL AND payload ->> 'imageId' = ${imageId}`
    await expect.poll(inHand).toHaveLength(1)
    await kill(second)
    const keys = await keysIn(here)
    wake()
    frozen.kill('SIGCONT')
    // Once resumed it ends its job, successfully or not, and reports that to the queue.
    await expect.poll(inHand).toHaveLength(0)
    await kill(frozen)
    expect(await rowOf()).toMatchObject({ state: 'available', transfer: null })
    expect(await keysIn(here)).toEqual(keys)
    expect((await verify()).filter(({ severity }) => severity === 'violation')).toEqual([])
  },
)
