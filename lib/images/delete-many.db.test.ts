import { expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { shareImage } from '@/lib/shares/writes'
import { account, asked, held, image, race, region, tally } from '@/lib/testing/builders'
import { deleteImagesInput } from './schema'
import { protectImage } from './writes'
import { deleteImages } from './writes-many'

// Several own images are deleted together, all or none.

process.env.ECS_DATABASE_POOL = '20'

const askedAll = (here: string, ...imageIds: string[]) => deleteImagesInput.parse({ region: here, imageIds })
const statesOf = async (ids: string[]) =>
  (await db().image.findMany({ where: { id: { in: ids } }, orderBy: { id: 'asc' } })).map(({ state }) => state)

it('moves all of them to the recycle bin, deletes failed ones, and records each', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const [one, other] = await Promise.all([image(owner, here), image(owner, here)])
  const failed = await image(owner, here, { state: 'failed' })
  expect(await deleteImages(owner.ctx, askedAll(here, one, failed, other, one))).toMatchObject({ ok: true })
  expect(await statesOf([one, other, failed])).toEqual(['deleted', 'deleted'])
  expect(await db().event.count({ where: { ownerId: owner.id, action: 'image.delete' } })).toBe(3)
})

it('deletes none if one is shared, protected, in the bin, gone or another tenant\u2019s', async () => {
  const [here, owner, other] = await Promise.all([region(), account(), account()])
  const name = 'mail-01'
  const [free, bound, foreign] = await Promise.all([
    image(owner, here),
    image(owner, here, { name }),
    image(other, here),
  ])
  const refused = async (why: object) => {
    const answer = await deleteImages(owner.ctx, askedAll(here, free, bound))
    expect(answer).toEqual({ ok: false, refusal: { code: 'SELECTED_REFUSED', image: name, why } })
  }
  const share = await held(bound, other)
  await refused({ code: 'IMAGE_IS_SHARED', recipients: 1 })
  await db().share.delete({ where: { id: share } })
  await protectImage(owner.ctx, { region: here, imageId: bound })
  await refused({ code: 'IMAGE_PROTECTED' })
  await db().image.update({
    where: { id: bound },
    data: { isProtected: false, state: 'deleted', deletedAt: new Date() },
  })
  await refused({ code: 'IMAGE_BUSY', state: 'deleted' })
  for (const missing of [foreign, 'img-0000000000'])
    expect(tally([await deleteImages(owner.ctx, askedAll(here, free, missing))])).toEqual({ IMAGE_NOT_FOUND: 1 })
  expect(await statesOf([free, foreign])).toEqual(['available', 'available'])
})

it('races with a share: one of them wins, and no deleted image is shared', async () => {
  const [here, owner, recipient] = await Promise.all([region(), account(), account()])
  for (let round = 0; round < 10; round++) {
    const [one, other] = await Promise.all([image(owner, here), image(owner, here)])
    const results = await race(2, async (index) =>
      (index === 0) === (round % 2 === 0)
        ? { ...(await shareImage(owner.ctx, asked(here, one, recipient))) }
        : { ...(await deleteImages(owner.ctx, askedAll(here, one, other))) },
    )
    expect(results.filter(({ ok }) => ok)).toHaveLength(1)
    const states = new Set(await statesOf([one, other]))
    expect(states.size).toBe(1)
    expect(await db().share.count({ where: { imageId: one } })).toBe(states.has('deleted') ? 0 : 1)
  }
})
