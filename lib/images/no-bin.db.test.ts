import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { sweepImages } from '@/lib/tasks/sweep-images'
import { account, image, newSeed, noon, region, stored } from '@/lib/testing/builders'
import { deleteImage } from './writes'
import { deleteImages } from './writes-many'

process.env.ECS_RECYCLE_DAYS = '0'

const rowOf = async (id: string) => await db().image.findUnique({ where: { id } })

test('without a recycle bin a delete is for good, and images that were in the bin are removed at once', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const [imageId, before] = [await stored(owner, here), await image(owner, here, { state: 'deleted' })]
  const input = { region: here, imageId, cancelShares: false, typedName: null }
  expect(await deleteImage(owner.ctx, input)).toMatchObject({ ok: true })
  expect(await rowOf(imageId)).toMatchObject({ state: 'deleting' })
  await sweepImages(noon)
  expect(await rowOf(before)).toMatchObject({ state: 'deleting' })
})

test('several images are deleted for good together, even with the same bytes', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const seed = newSeed()
  const imageIds = [await stored(owner, here, seed), await stored(owner, here, seed), await stored(owner, here)]
  expect(await deleteImages(owner.ctx, { region: here, imageIds })).toMatchObject({ ok: true })
  const left = await db().image.findMany({ where: { ownerId: owner.id } })
  // Of two with the same bytes the last holder has them removed.
  expect(left.map(({ state }) => state)).toEqual(['deleting', 'deleting'])
})
