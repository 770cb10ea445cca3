import { expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import type { Result } from '@/lib/result'
import { account, held, image, race, region, tally, whileLocked } from '@/lib/testing/builders'
import { listCustomImages } from './reads'
import { customImageParams } from './schema'
import { deleteImage, protectImage, unprotectImage } from './writes'

process.env.ECS_DATABASE_POOL = '20'

async function protectedImage() {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here)
  const own = { region: here, imageId }
  expect(await protectImage(owner.ctx, own)).toEqual({ ok: true, value: { imageId } })
  const remove = () => deleteImage(owner.ctx, { ...own, cancelShares: true, typedName: 'web-01' })
  return { here, owner, imageId, own, remove }
}
const events = async (imageId: string) =>
  (await db().event.findMany({ where: { imageId }, orderBy: { id: 'asc' } })).map(({ action }) => action)

it('a protected image is not deleted, even if all shares are cancelled in the same step, until it is unprotected', async () => {
  const { here, owner, imageId, own, remove } = await protectedImage()
  await held(imageId, await account())
  expect(await remove()).toEqual({ ok: false, refusal: { code: 'IMAGE_PROTECTED' } })
  expect(await db().share.count({ where: { imageId } })).toBe(1)
  const { items } = await listCustomImages(owner.ctx, customImageParams.parse({ region: here }))
  expect(items).toMatchObject([{ id: imageId, isProtected: true }])
  expect(await unprotectImage(owner.ctx, own)).toMatchObject({ ok: true })
  expect(await remove()).toMatchObject({ ok: true })
  expect(await events(imageId)).toEqual(['image.protect', 'image.unprotect', 'share.cancel', 'image.delete'])
})

it("protecting twice is recorded once, and nobody else's image can be protected", async () => {
  const { imageId, own, owner } = await protectedImage()
  expect(await protectImage(owner.ctx, own)).toMatchObject({ ok: true })
  expect(await events(imageId)).toEqual(['image.protect'])
  const stranger = await account()
  expect(await unprotectImage(stranger.ctx, own)).toEqual({ ok: false, refusal: { code: 'IMAGE_NOT_FOUND' } })
  const sub = await account({ master: owner })
  expect(await unprotectImage(sub.ctx, own)).toMatchObject({ ok: true })
})

it('only an available image is protected', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here, { state: 'failed' })
  const refusal = { code: 'IMAGE_BUSY', state: 'failed' }
  expect(await protectImage(owner.ctx, { region: here, imageId })).toEqual({ ok: false, refusal })
})

it('a delete that waits for the lock while the image is protected is refused', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const imageId = await image(owner, here)
  const answer = await whileLocked(
    [imageId],
    () => deleteImage(owner.ctx, { region: here, imageId, cancelShares: false, typedName: null }),
    (tx) => tx.image.update({ where: { id: imageId }, data: { isProtected: true } }),
  )
  expect(answer).toEqual({ ok: false, refusal: { code: 'IMAGE_PROTECTED' } })
})

it('if a delete and a protect race, one wins: the image is protected or deleted, never both', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  for (let round = 0; round < 20; round++) {
    const own = { region: here, imageId: await image(owner, here) }
    const answers = await race<Result<unknown>>(2, (index) =>
      index === 0
        ? protectImage(owner.ctx, own)
        : deleteImage(owner.ctx, { ...own, cancelShares: false, typedName: null }),
    )
    expect(tally(answers).ok).toBe(1)
    const { state, isProtected } = await db().image.findUniqueOrThrow({ where: { id: own.imageId } })
    expect([state, isProtected]).toEqual(answers[0]?.ok ? ['available', true] : ['deleted', false])
  }
})
