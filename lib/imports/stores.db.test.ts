import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { account, keysIn, quota, region } from '@/lib/db/test-fixtures'
import { buildRawDisk } from '@/lib/disks/samples'
import { env } from '@/lib/env'
import { finishImportJob } from '@/lib/jobs/finish-import'
import { importImage } from '@/lib/jobs/import-image'
import { removeBlob } from '@/lib/jobs/remove-blob'
import { listStaged, receiveStaged } from '@/lib/stores/staging'
import { beginImport, cancelImport, endReceiving } from './writes'

// What becomes of an import whose store is away, has rotted, or is still being written to when it is cancelled.

const disk = buildRawDisk({ sizeMib: 4, label: 'STORES', seed: 8 })
const input = (here: string) => ({ region: here, name: 'web-01', operatingSystem: 'Debian 12' })
const source = { open: () => Readable.from([disk]) }
const rowOf = async (id: string) => await db().image.findUnique({ where: { id }, include: { blob: true } })

/** An import whose file has arrived whole and waits for a worker. */
async function arrived(owner: Awaited<ReturnType<typeof account>>, here: string): Promise<string> {
  const begun = await beginImport(owner.ctx, input(here))
  const imageId = begun.ok ? begun.value.imageId : ''
  const received = await receiveStaged(imageId, Readable.from([disk]), { sizeMax: disk.length })
  await endReceiving(owner.ctx, { imageId, holder: null }, { ...received, claimedSha256: null })
  return imageId
}

test('into a store that cannot be reached it is tried again, and fails in the end with its reason and without its place', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  await quota(owner, here, 1)
  process.env[`ECS_STORE_${here.toUpperCase().replaceAll('-', '_')}`] = '/nowhere/that/is/mounted'
  const imageId = await arrived(owner, here)
  await expect(finishImportJob({ imageId }, false)).rejects.toThrow()
  expect(await rowOf(imageId)).toMatchObject({ state: 'importing', leaseHolder: null })
  await finishImportJob({ imageId }, true)
  expect(await rowOf(imageId)).toMatchObject({ state: 'failed', failure: { code: 'STORE_UNREACHABLE' }, blobId: null })
  expect((await listStaged()).filter((file) => file.imageId === imageId)).toEqual([])
  const [other, neighbour] = [await region(), await account()]
  expect(await importImage(neighbour.ctx, input(other), source)).toMatchObject({ ok: true })
  expect(await beginImport(owner.ctx, input(here))).toMatchObject({ ok: true })
})

test('onto bytes that have rotted it mends them, and whoever has them has a sound disk again', async () => {
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

test('cancelled at any moment of its work it leaves neither bytes nor a file', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  for (let round = 0; round < 12; round++) {
    const imageId = await arrived(owner, here)
    const working = finishImportJob({ imageId }, true)
    await new Promise((resolve) => setTimeout(resolve, round * 12))
    const cancelled = await cancelImport(owner.ctx, { region: here, imageId })
    await working
    if (!cancelled.ok) continue
    const left = await db().blob.findMany({ where: { regionId: here, images: { none: {} } } })
    for (const blob of left) await removeBlob({ blobId: blob.id })
    const images = await db().image.count({ where: { regionId: here } })
    expect(await keysIn(here)).toHaveLength(images > 0 ? 1 : 0)
    expect((await listStaged()).filter((file) => file.imageId === imageId)).toEqual([])
  }
})
