import { expect, test } from 'vitest'
import { ok } from '@/lib/result'
import { account, image, region, whileLocked } from '@/lib/testing/builders'
import { db } from './client'
import { onOwnImage } from './own-image'

const nameOf = async (_: unknown, { image: { name } }: { image: { name: string } }) => ok(name)

test('an operation on an own image gets the image as it is under the locks', async () => {
  const [owner, here] = [await account(), await region()]
  const imageId = await image(owner, here, { name: 'before' })
  const rename = () => onOwnImage(owner.ctx, { imageId, region: here }, nameOf)
  const found = await whileLocked([imageId], rename, (tx) =>
    tx.image.update({ where: { id: imageId }, data: { name: 'after' } }),
  )
  expect(found).toEqual(ok('after'))
  expect(await onOwnImage(owner.ctx, { imageId, region: null }, nameOf)).toEqual(ok('after'))
})

test('refusals come in one order: image not found, account disabled, wrong region', async () => {
  const [owner, other, here, there] = [await account(), await account(), await region(), await region()]
  const own = await image(owner, here)
  const codeOf = async (imageId: string, where: string) => {
    const answer = await onOwnImage(owner.ctx, { imageId, region: where }, nameOf)
    return answer.ok ? 'ok' : answer.refusal
  }
  const elsewhere = { code: 'REGION_MISMATCH', imageId: own, imageRegion: here, region: there }
  expect(await codeOf(own, there)).toEqual(elsewhere)
  expect(await codeOf(await image(other, here), there)).toEqual({ code: 'IMAGE_NOT_FOUND' })
  expect(await codeOf('img-nothing', here)).toEqual({ code: 'IMAGE_NOT_FOUND' })
  await db().account.update({ where: { id: owner.id }, data: { disabledAt: new Date() } })
  expect(await codeOf('img-nothing', there)).toEqual({ code: 'IMAGE_NOT_FOUND' })
  expect(await codeOf(own, there)).toEqual({ code: 'SIGNED_OUT' })
})

test("another owner's image is answered without waiting for its lock", async () => {
  const [owner, other, here] = [await account(), await account(), await region()]
  const imageId = await image(owner, here)
  const answer = await db().$transaction(async (tx) => {
    await tx.$queryRaw`SELECT id FROM "Image" WHERE id = ${imageId} FOR UPDATE`
    return await onOwnImage(other.ctx, { imageId, region: here }, nameOf)
  })
  expect(answer).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } })
})

test('further locks are only those of own images and of accounts', async () => {
  const [owner, other, here] = [await account(), await account(), await region()]
  const [imageId, second, foreign] = [await image(owner, here), await image(owner, here), await image(other, here)]
  const locked = await onOwnImage(
    owner.ctx,
    { imageId, region: here },
    async (_, { images, accounts }) => ok([[...images.keys()].sort(), [...accounts.keys()].sort()]),
    async () => ({ accounts: [other.id], images: [second, foreign] }),
  )
  expect(locked).toEqual(ok([[imageId, second].sort(), [owner.id, other.id].sort()]))
})
