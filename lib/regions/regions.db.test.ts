import { expect, it } from 'vitest'
import { operatorContext } from '@/lib/admin/operator'
import { db } from '@/lib/db/client'
import { account, held, image, region } from '@/lib/testing/builders'
import { instance } from '@/lib/testing/builders-instances'
import { listRegionContents, listRegions } from './reads'
import { createRegion, renameRegion } from './writes'

it("counts own images without the recycle bin, received images and unseen ones, existing instances, and nobody else's", async () => {
  const [here, there, owner, other] = await Promise.all([region(), region(), account(), account()])
  const own = await image(owner, here)
  await image(owner, here, { state: 'failed' })
  await image(owner, here, { state: 'deleted' })
  await image(other, there)
  const [seen, unseen] = [await image(other, there), await image(other, there)]
  await held(unseen, owner)
  await db().share.update({ where: { id: await held(seen, owner) }, data: { seenAt: new Date() } })
  await instance(owner, here, { imageId: own })
  await instance(owner, here, { imageId: own, state: 'terminated' })
  const contents = await listRegionContents(owner.ctx)
  expect(contents.filter((one) => [here, there].includes(one.region)).sort((a, b) => b.images - a.images)).toEqual([
    { region: here, images: 2, shares: 0, newShares: 0, instances: 1 },
    { region: there, images: 0, shares: 2, newShares: 1, instances: 0 },
  ])
  expect(contents.map((one) => one.region)).toEqual((await listRegions()).map((one) => one.id))
})

it('keeps names that a rename omits, can remove a Chinese name, and records who renamed it', async () => {
  const id = 'cn-renamed'
  const named = (names: object) => ({ ok: true, value: { id, ...names } })
  const ctx = operatorContext()
  expect(await createRegion(ctx, { id, name: 'Old', nameZh: ' 旧 ' })).toEqual(named({ name: 'Old', nameZh: '旧' }))
  expect(await renameRegion(ctx, { id, name: 'New' })).toEqual(named({ name: 'New', nameZh: '旧' }))
  expect(await renameRegion(ctx, { id, nameZh: '新' })).toEqual(named({ name: 'New', nameZh: '新' }))
  expect(await renameRegion(ctx, { id, nameZh: '' })).toEqual(named({ name: 'New', nameZh: null }))
  const events = await db().event.findMany({ where: { regionId: id }, orderBy: { id: 'asc' } })
  expect(events.map(({ action, details }) => [action, details])).toEqual([
    ['region.create', { name: 'Old', nameZh: '旧' }],
    ['region.rename', { name: 'New', nameZh: '旧' }],
    ['region.rename', { name: 'New', nameZh: '新' }],
    ['region.rename', { name: 'New', nameZh: null }],
  ])
  const none = await renameRegion(ctx, { id: 'cn-nowhere', name: 'None' })
  expect(none).toEqual({ ok: false, refusal: { code: 'REGION_NOT_FOUND' } })
})
