import { describe, expect, it } from 'vitest'
import { verify } from '@/lib/admin/verify'
import { db } from '@/lib/db/client'
import { deleteImage, purgeImage } from '@/lib/images/writes'
import { removeBlob } from '@/lib/tasks/remove-blob'
import { sweepImages } from '@/lib/tasks/sweep-images'
import { account, keysIn, later, newSeed, region, stored, type TestAccount } from '@/lib/testing/builders'

async function rowOf(imageId: string) {
  return await db().image.findUnique({ where: { id: imageId }, include: { blob: true } })
}

describe('content', () => {
  it('is stored once in a region, whoever imports it, and removed with its last image', async () => {
    const [here, first, second] = await Promise.all([region(), account(), account()])
    const seed = newSeed()
    const images = [await stored(first, here, seed), await stored(second, here, seed)] as const
    expect(await keysIn(here)).toHaveLength(1)
    const remove = async (owner: TestAccount, imageId: string) =>
      await deleteImage(owner.ctx, { region: here, imageId, cancelShares: false, typedName: null, isForGood: true })
    expect(await remove(first, images[0])).toMatchObject({ ok: true })
    expect(await rowOf(images[0])).toBeNull()
    expect(await keysIn(here)).toHaveLength(1)
    // An image in the recycle bin still holds its bytes.
    await deleteImage(second.ctx, { region: here, imageId: images[1], cancelShares: false, typedName: null })
    expect(await db().blob.count({ where: { regionId: here, state: 'ready' } })).toBe(1)
    await purgeImage(second.ctx, { region: here, imageId: images[1] })
    const [blob] = await db().blob.findMany({ where: { regionId: here } })
    expect(blob).toMatchObject({ state: 'removing' })
    await removeBlob({ blobId: blob?.id ?? '' })
    expect([await keysIn(here), await rowOf(images[1])]).toEqual([[], null])
  })

  it('imported again during its removal is written again: concurrent imports and deletes never lose bytes', async () => {
    const [here, owner] = await Promise.all([region(), account()])
    const seed = newSeed()
    for (let round = 0; round < 12; round++) {
      const old = await stored(owner, here, seed)
      const leave = async () => {
        await deleteImage(owner.ctx, {
          region: here,
          imageId: old,
          cancelShares: false,
          typedName: null,
          isForGood: true,
        })
        const going = await db().blob.findMany({ where: { regionId: here, state: 'removing' }, select: { id: true } })
        for (const blob of going) await removeBlob({ blobId: blob.id })
      }
      const [imageId] = await Promise.all([stored(owner, here, seed), leave()])
      expect(await rowOf(imageId)).toMatchObject({ state: 'available', blob: { state: 'ready' } })
      await deleteImage(owner.ctx, { region: here, imageId, cancelShares: false, typedName: null, isForGood: true })
      await sweepImages(later(10 * 60_000))
      expect(await keysIn(here)).toEqual([])
    }
  })

  it('of every existing image is still stored after all of this', async () => {
    const violations = (await verify()).filter((finding) => finding.severity === 'violation')
    expect(
      violations.map(({ kind }) => kind).filter((kind) => !['share-event', 'orphan', 'store'].includes(kind)),
    ).toEqual([])
  })
})
