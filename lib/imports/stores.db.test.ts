import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, expect, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { beginCopy } from '@/lib/copies/writes'
import { db } from '@/lib/db/client'
import { buildRawDisk } from '@/lib/disks/samples'
import { env } from '@/lib/env'
import { S3Server } from '@/lib/stores/fixtures/s3-server'
import { discardStaged, listStaged, receiveStaged } from '@/lib/stores/staging'
import { importImage } from '@/lib/tasks/import-image'
import { removeBlob } from '@/lib/tasks/remove-blob'
import { transferJob } from '@/lib/tasks/transfer'
import { account, bucketRegion, keysIn, quota, region, stored } from '@/lib/testing/builders'
import { roundTrips } from '@/lib/testing/random'
import { cancelTransfer } from '@/lib/transfers/writes'
import { beginImport, endReceiving } from './writes'

// Imports whose store is unreachable or damaged, or is written to when they are cancelled.

const server = new S3Server()
await server.start()
afterAll(() => server.stop())

const disk = buildRawDisk({ sizeMib: 4, label: 'STORES', seed: 8 })
const input = (here: string) => ({ region: here, name: 'web-01', operatingSystem: 'Debian 12' })
const source = { open: () => Readable.from([disk]) }
const rowOf = async (id: string) =>
  await db().image.findUnique({ where: { id }, include: { blob: true, transfer: true } })

/** An import whose file is complete and that waits for a worker. */
async function arrived(owner: Awaited<ReturnType<typeof account>>, here: string): Promise<string> {
  const begun = await beginImport(owner.ctx, input(here))
  const imageId = begun.ok ? begun.value.imageId : ''
  const received = await receiveStaged(imageId, Readable.from([disk]), { sizeMax: disk.length })
  await endReceiving(owner.ctx, { imageId, holder: null }, { ...received, claimedSha256: null })
  return imageId
}

test('into an unreachable store it is retried, and finally fails with its reason and releases its quota place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  process.env[`ECS_STORE_${here.toUpperCase().replaceAll('-', '_')}`] = '/nowhere/that/is/mounted'
  const imageId = await arrived(owner, here)
  await expect(transferJob({ imageId }, false)).rejects.toThrow()
  expect(await rowOf(imageId)).toMatchObject({
    state: 'importing',
    transfer: { leaseHolder: null, tries: 1, failure: { code: 'STORE_UNREACHABLE' } },
  })
  await transferJob({ imageId }, true)
  expect(await rowOf(imageId)).toMatchObject({ state: 'failed', failure: { code: 'STORE_UNREACHABLE' }, blobId: null })
  expect((await listStaged()).filter((file) => file.imageId === imageId)).toEqual([])
  const [other, neighbour] = [await region(), await account()]
  expect(await importImage(neighbour.ctx, input(other), source)).toMatchObject({ ok: true })
  expect(await beginImport(owner.ctx, input(here))).toMatchObject({ ok: true })
})

test('into a bucket that refuses its parts it fails at the first try, as a permanent failure', async () => {
  const [here, owner] = await Promise.all([bucketRegion(server), account()])
  let sent = 0
  server.before = ({ method }, response) => {
    if (method !== 'PUT') return false
    sent += 1
    response.writeHead(400, { connection: 'close' }).end('<Error><Code>InvalidArgument</Code></Error>')
    return true
  }
  const imageId = await arrived(owner, here)
  await transferJob({ imageId }, false)
  server.before = () => false
  expect(await rowOf(imageId)).toMatchObject({ state: 'failed', failure: { code: 'STORE_REFUSED' }, blobId: null })
  expect(sent).toBe(1)
  let reason = ''
  const onStoreFailure = (error: Error) => {
    reason = error.message
  }
  const [away, other] = [await region(), await account()]
  process.env[`ECS_STORE_${away.toUpperCase().replaceAll('-', '_')}`] = '/nowhere/that/is/mounted'
  expect(await importImage(other.ctx, input(away), { ...source, onStoreFailure })).toMatchObject({ ok: false })
  expect(reason).toBe('/nowhere/that/is/mounted cannot be read or written: ENOENT. Check that it is there and mounted.')
})

test('into a bucket that accepts nothing it is retried, and keeps no more files than after the first try', async () => {
  const [here, owner] = await Promise.all([bucketRegion(server), account()])
  server.before = ({ method }, response) => {
    if (method !== 'PUT') return false
    response.writeHead(503, { connection: 'close' }).end('<Error><Code>ServiceUnavailable</Code></Error>')
    return true
  }
  const imageId = await arrived(owner, here)
  const files: number[] = []
  for (let round = 0; round < 3; round++) {
    await expect(transferJob({ imageId }, false)).rejects.toThrow()
    files.push((await listStaged()).filter((file) => file.imageId === imageId).length)
  }
  expect(files).toEqual([files[0], files[0], files[0]])
  server.before = () => false
  await transferJob({ imageId }, true)
  expect(await rowOf(imageId)).toMatchObject({ state: 'available' })
})

test('it replaces damaged bytes of the same content, which repairs the disks of all holders', async () => {
  const [here, owner, neighbour] = await Promise.all([region(), account(), account()])
  const first = await importImage(owner.ctx, input(here), source)
  const { blob } = (first.ok && (await rowOf(first.value.imageId))) || {}
  if (!blob) throw new Error('The first has no bytes.')
  const file = path.join(env().ECS_DATA_DIR, 'stores', here, blobKey(blob))
  const good = await readFile(file)
  await writeFile(file, Buffer.alloc(good.length, 'rot'))
  const second = await importImage(neighbour.ctx, input(here), source)
  expect(second.ok && (await rowOf(second.value.imageId))).toMatchObject({ state: 'available', blobId: blob.id })
  expect(
    createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  ).toBe(blob.sha256)
})

test('cancelled while its last bytes are written it leaves none, although their removal ran before', async () => {
  const [here, there, owner] = await Promise.all([bucketRegion(server), bucketRegion(server), account()])
  const removeLeft = async (regionId: string) => {
    const left = await db().blob.findMany({ where: { regionId, images: { none: {} } } })
    for (const { id } of left) await removeBlob({ blobId: id })
    expect(left).toHaveLength(1)
  }
  const whileHeld = async (working: () => Promise<void>, meanwhile: () => Promise<void>) => {
    let release = () => {}
    const isHeld = new Promise<void>((resolve) => {
      server.before = async ({ method }) => {
        if (method !== 'PUT') return false
        resolve()
        await new Promise<void>((go) => (release = go))
        return false
      }
    })
    const ended = working()
    await isHeld
    await meanwhile()
    release()
    await ended
    server.before = () => false
  }
  const imageId = await arrived(owner, here)
  await whileHeld(
    async () => await transferJob({ imageId }, true),
    async () => {
      expect(await cancelTransfer(owner.ctx, { region: here, imageId })).toMatchObject({ ok: true })
      await removeLeft(here)
    },
  )
  expect(await keysIn(here)).toEqual([])
  const input = { region: here, imageId: await stored(owner, here), targetRegion: there, name: 'copy' }
  const begun = await beginCopy(owner.ctx, input)
  const copyId = begun.ok ? begun.value.imageId : ''
  await whileHeld(
    async () => await transferJob({ imageId: copyId }, true),
    async () => {
      expect(await cancelTransfer(owner.ctx, { region: there, imageId: copyId })).toMatchObject({ ok: true })
      await removeLeft(there)
    },
  )
  expect(await keysIn(there)).toEqual([])
})

test('cancelled at any moment it leaves neither bytes nor a file', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  for (let round = 0; round < 12; round++) {
    const imageId = await arrived(owner, here)
    const working = transferJob({ imageId }, true)
    await roundTrips(round * 6)
    const cancelled = await cancelTransfer(owner.ctx, { region: here, imageId })
    // Like the job of the cancel, which may run before the last bytes are written.
    if (cancelled.ok) await discardStaged(imageId)
    await working
    if (!cancelled.ok) continue
    const left = await db().blob.findMany({ where: { regionId: here, images: { none: {} } } })
    for (const blob of left) await removeBlob({ blobId: blob.id })
    const images = await db().image.count({ where: { regionId: here } })
    expect(await keysIn(here)).toHaveLength(images > 0 ? 1 : 0)
    expect((await listStaged()).filter((file) => file.imageId === imageId)).toEqual([])
  }
})
