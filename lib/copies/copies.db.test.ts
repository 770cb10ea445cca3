import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { blobKey } from '@/lib/blobs/rules'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'
import { deleteImage } from '@/lib/images/writes'
import { shareImage } from '@/lib/shares/writes'
import { S3Server } from '@/lib/stores/fixtures/s3-server'
import { storeOf } from '@/lib/stores/store'
import { removeBlob } from '@/lib/tasks/remove-blob'
import { sweepImages } from '@/lib/tasks/sweep-images'
import { transferJob } from '@/lib/tasks/transfer'
import {
  account,
  bucketRegion,
  held,
  keysIn,
  leasesAge,
  newSeed,
  quota,
  race,
  region,
  stored,
  type TestAccount,
  tally,
} from '@/lib/testing/builders'
import { leaseMs } from '@/lib/transfers/rules'
import { cancelTransfer, claimPlace, claimTransfer } from '@/lib/transfers/writes'
import { beginCopy, retryCopy } from './writes'

process.env.ECS_DATABASE_POOL = '20'

async function rowOf(imageId: string) {
  return await db().image.findUnique({ where: { id: imageId }, include: { blob: true, transfer: true } })
}

async function tenant() {
  const [here, there, owner] = await Promise.all([region(), region(), account()])
  return { here, there, owner, imageId: await stored(owner, here) }
}

const to = (here: string, imageId: string, there: string) => ({
  region: here,
  imageId,
  targetRegion: there,
  name: 'copy-01',
})

async function begunCopy(owner: TestAccount, here: string, imageId: string, there: string): Promise<string> {
  const begun = await beginCopy(owner.ctx, to(here, imageId, there))
  if (!begun.ok) throw new Error(begun.refusal.code)
  return begun.value.imageId
}

const run = async (imageId: string) => await transferJob({ imageId }, true)

/** Path of an image's bytes in a folder store. */
async function fileOf(regionId: string, imageId: string): Promise<string> {
  const blob = (await rowOf(imageId))?.blob
  return path.join(env().ECS_DATA_DIR, 'stores', regionId, blob ? blobKey(blob) : '')
}

describe('a copy', () => {
  it('is an image of its own in the other region, with the same bytes there, and can be shared there', async () => {
    const { here, there, owner, imageId } = await tenant()
    const needs = { bootMode: 'UEFI' as const, minDiskGib: 40, minMemoryMib: 2048 }
    await db().image.update({ where: { id: imageId }, data: needs })
    const copy = await begunCopy(owner, here, imageId, there)
    expect(await rowOf(copy)).toMatchObject({ state: 'copying', regionId: there, transfer: { totalBytes: 200_000n } })
    await run(copy)
    expect(await rowOf(copy)).toMatchObject(needs)
    const [source, target] = [await rowOf(imageId), await rowOf(copy)]
    expect(target).toMatchObject({ state: 'available', name: 'copy-01', copyOfId: imageId, copyOfRegionId: here })
    expect(target).toMatchObject({ sha256: source?.sha256, size: source?.size, isNormalised: true })
    expect(target?.blobId).not.toBe(source?.blobId)
    expect(await keysIn(there)).toEqual([target?.blob ? blobKey(target.blob) : ''])
    const recipient = await account()
    const share = { region: there, imageId: copy, usernames: [recipient.username], note: '' }
    expect(await shareImage(owner.ctx, share)).toMatchObject({ ok: true })
    const events = await db().event.findMany({ where: { imageId: copy }, orderBy: { id: 'asc' } })
    expect(events.map((event) => event.action)).toEqual(['image.copy', 'image.copied', 'share.create'])
  })

  it('takes its quota place at its begin: with one place left, exactly 1 of 20 concurrent copies begins', async () => {
    const { here, there, owner, imageId } = await tenant()
    await quota(owner, there, 1)
    const results = await race(20, () => beginCopy(owner.ctx, to(here, imageId, there)))
    expect(tally(results)).toEqual({ ok: 1, IMAGE_QUOTA_FULL: 19 })
  })

  it('made twice gives two images, and the bytes are stored once', async () => {
    const { here, there, owner, imageId } = await tenant()
    const copies = [await begunCopy(owner, here, imageId, there), await begunCopy(owner, here, imageId, there)]
    await Promise.all(copies.map(run))
    const rows = await Promise.all(copies.map(rowOf))
    expect(rows.map((row) => row?.state)).toEqual(['available', 'available'])
    expect(rows[0]?.blobId).toBe(rows[1]?.blobId)
    for (const blob of await db().blob.findMany({ where: { regionId: there, state: 'removing' } }))
      await removeBlob({ blobId: blob.id })
    expect(await keysIn(there)).toHaveLength(1)
  })

  it('of bytes already in the region is recorded as such, after they were verified', async () => {
    const { here, there, owner } = await tenant()
    const seed = newSeed()
    const [imageId, other] = [await stored(owner, here, seed), await stored(await account(), there, seed)]
    const copy = await begunCopy(owner, here, imageId, there)
    await run(copy)
    expect((await rowOf(copy))?.blobId).toBe((await rowOf(other))?.blobId)
    const event = await db().event.findFirstOrThrow({ where: { imageId: copy, action: 'image.copied' } })
    expect(event.details).toMatchObject({ wasThere: 1 })
  })

  it('repairs damaged bytes in the target region', async () => {
    const { here, there, owner } = await tenant()
    const seed = newSeed()
    const [imageId, other] = [await stored(owner, here, seed), await stored(await account(), there, seed)]
    await writeFile(await fileOf(there, other), Buffer.alloc(200_000, 'rot'))
    await run(await begunCopy(owner, here, imageId, there))
    const blob = (await rowOf(other))?.blob
    const bytes = Buffer.concat(await (await storeOf(there).read(blob ? blobKey(blob) : '')).toArray())
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(blob?.sha256)
  })

  it('of damaged bytes fails with that reason and leaves nothing; after a repair a retry succeeds', async () => {
    const { here, there, owner, imageId } = await tenant()
    const file = await fileOf(here, imageId)
    const good = Buffer.concat(await (await storeOf(here).read(path.basename(file))).toArray())
    await writeFile(file, Buffer.alloc(200_000, 'rot'))
    const copy = await begunCopy(owner, here, imageId, there)
    await run(copy)
    expect(await rowOf(copy)).toMatchObject({ state: 'failed', failure: { code: 'COPY_SOURCE_DAMAGED' }, blobId: null })
    for (const blob of await db().blob.findMany({ where: { regionId: there } })) await removeBlob({ blobId: blob.id })
    expect(await keysIn(there)).toEqual([])
    await writeFile(file, good)
    await quota(owner, there, 0)
    const again = { region: there, imageId: copy }
    expect(await retryCopy(owner.ctx, again)).toMatchObject({ refusal: { code: 'IMAGE_QUOTA_FULL' } })
    await quota(owner, there, 1)
    expect(tally(await race(5, () => retryCopy(owner.ctx, again)))).toEqual({ ok: 1, IMAGE_BUSY: 4 })
    await run(copy)
    expect(await rowOf(copy)).toMatchObject({ state: 'available', failure: null })
  })

  it('to an unreachable store fails after its tries, with that reason', async () => {
    const [here, there, owner] = await Promise.all([region(), region(), account()])
    process.env[`ECS_STORE_${there.toUpperCase().replaceAll('-', '_')}`] = '/nowhere/that/is/mounted'
    const copy = await begunCopy(owner, here, await stored(owner, here), there)
    await expect(transferJob({ imageId: copy }, false)).rejects.toThrow()
    expect(await rowOf(copy)).toMatchObject({ state: 'copying', transfer: { leaseHolder: null } })
    await run(copy)
    expect(await rowOf(copy)).toMatchObject({ state: 'failed', failure: { code: 'STORE_UNREACHABLE' } })
    // Other copies are not affected.
    const other = await region()
    const fine = await begunCopy(owner, here, await stored(owner, here), other)
    await run(fine)
    expect(await rowOf(fine)).toMatchObject({ state: 'available' })
  })

  it('to a bucket that refuses the access key fails at the first try, with that reason', async () => {
    const server = new S3Server()
    await server.start()
    const [here, there, owner] = await Promise.all([region(), bucketRegion(server), account()])
    process.env[`ECS_STORE_${there.toUpperCase().replaceAll('-', '_')}_ACCESS_KEY_ID`] = 'NOBODY'
    const copy = await begunCopy(owner, here, await stored(owner, here), there)
    await transferJob({ imageId: copy }, false)
    expect(await rowOf(copy)).toMatchObject({ state: 'failed', failure: { code: 'STORE_REFUSED' }, blobId: null })
    await server.stop()
  })

  it('is resumed after its worker was killed, reuses complete bytes, and is one image', async () => {
    const { here, there, owner, imageId } = await tenant()
    const copy = await begunCopy(owner, here, imageId, there)
    // A worker claimed it and its place, and died with half of the bytes written.
    const claimed = await claimTransfer(copy)
    if (!claimed) throw new Error('Nobody has it.')
    const { blob } = (await rowOf(imageId)) ?? {}
    if (!blob) throw new Error('The source has no bytes.')
    const content = { ...blob, size: Number(blob.size), virtualSize: Number(blob.virtualSize) }
    const { sha256, format, size, virtualSize } = content
    const place = await claimPlace(owner.ctx, claimed.work, { sha256, format, size, virtualSize })
    const folder = path.join(env().ECS_DATA_DIR, 'stores', there)
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, `${place.ok ? place.value.key : ''}.000000000000.part`), 'half')
    expect(await keysIn(there)).toHaveLength(1)
    const key = `copy-image ${copy}`
    await db().$queryRaw`SELECT graphile_worker.remove_job(${key})::text`
    await transferJob({ imageId: copy }, true)
    await leasesAge(leaseMs - 10_000, copy)
    await sweepImages(new Date())
    expect(await rowOf(copy)).toMatchObject({ state: 'copying' })
    await leasesAge(10_001, copy)
    await sweepImages(new Date())
    expect(await db().$queryRaw`SELECT key FROM graphile_worker.jobs WHERE key = ${key}`).toEqual([{ key }])
    await Promise.all([run(copy), run(copy), run(copy)])
    expect(await rowOf(copy)).toMatchObject({ state: 'available' })
    expect(await db().image.count({ where: { ownerId: owner.id, regionId: there } })).toBe(1)
    expect(await keysIn(there)).toEqual([place.ok ? place.value.key : ''])
  })

  it('can be cancelled while it runs: image and bytes are removed, and its quota place is free', async () => {
    const { here, there, owner, imageId } = await tenant()
    await quota(owner, there, 1)
    for (let round = 0; round < 8; round++) {
      const copy = await begunCopy(owner, here, imageId, there)
      const [, cancelled] = await Promise.all([run(copy), cancelTransfer(owner.ctx, { region: there, imageId: copy })])
      if (!cancelled.ok) {
        expect(cancelled).toMatchObject({ refusal: { code: 'IMAGE_BUSY' } })
        await deleteImage(owner.ctx, {
          region: there,
          imageId: copy,
          cancelShares: false,
          typedName: null,
          isForGood: true,
        })
      }
      for (const blob of await db().blob.findMany({ where: { regionId: there, state: 'removing' } }))
        await removeBlob({ blobId: blob.id })
      expect(await rowOf(copy)).toBeNull()
      expect(await keysIn(there)).toEqual([])
    }
  })

  it('blocks the deletion of its source until it has ended', async () => {
    const { here, there, owner, imageId } = await tenant()
    const copy = await begunCopy(owner, here, imageId, there)
    const input = { region: here, imageId, cancelShares: false, typedName: null }
    expect(await deleteImage(owner.ctx, input)).toEqual({ ok: false, refusal: { code: 'IMAGE_BUSY', state: 'read' } })
    await run(copy)
    expect(await deleteImage(owner.ctx, input)).toMatchObject({ ok: true })
  })

  it('races with a delete of its source: either there is no copy, or both exist', async () => {
    const [here, there, owner] = await Promise.all([region(), region(), account()])
    for (let round = 0; round < 12; round++) {
      const imageId = await stored(owner, here)
      const input = { region: here, imageId, cancelShares: false, typedName: null }
      const [copied, deleted] = await Promise.all([
        beginCopy(owner.ctx, to(here, imageId, there)),
        deleteImage(owner.ctx, input),
      ])
      expect([copied.ok, deleted.ok].filter(Boolean)).toHaveLength(1)
      if (copied.ok) await run(copied.value.imageId)
    }
  })

  it('is refused to strangers, into its own region, under another region, and while the source is not available', async () => {
    const { here, there, owner, imageId } = await tenant()
    const [stranger, recipient] = [await account(), await account()]
    await held(imageId, recipient)
    for (const other of [stranger, recipient, await account({ master: stranger })]) {
      const refused = { ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } }
      expect(await beginCopy(other.ctx, to(here, imageId, there))).toEqual(refused)
      for (const act of [cancelTransfer, retryCopy])
        expect(await act(other.ctx, { region: here, imageId })).toEqual(refused)
    }
    const code = async (input: ReturnType<typeof to>) => tally([await beginCopy(owner.ctx, input)])
    expect(await code(to(here, imageId, here))).toEqual({ INVALID_INPUT: 1 })
    expect(await code(to(there, imageId, here))).toEqual({ REGION_MISMATCH: 1 })
    expect(await code(to(here, imageId, 'xx-nowhere'))).toEqual({ REGION_NOT_FOUND: 1 })
    const copy = await begunCopy(owner, here, imageId, there)
    expect(await code(to(there, copy, here))).toEqual({ IMAGE_NOT_AVAILABLE: 1 })
    expect(await retryCopy(owner.ctx, { region: there, imageId: copy })).toMatchObject({
      refusal: { code: 'IMAGE_BUSY' },
    })
  })
})
