import { expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { account, image, later, noon, region } from '@/lib/testing/builders'
import { listEvents } from './reads'
import { operationsOf } from './rules'

it('pages of a long history contain every event once, and split no operation', async () => {
  const [owner, here] = [await account(), await region()]
  const imageId = await image(owner, here)
  const actor = { actorId: owner.id, actorName: owner.username, ownerId: owner.id, ownerName: owner.username }
  const event = (action: string, at: Date, recipientName: string | null = null) => ({
    ...actor,
    action,
    at,
    imageId,
    recipientName,
    details: {},
  })
  const single = (index: number) => event('image.update', later(index))
  const share = Array.from({ length: 20 }, (_, index) => event('share.create', noon, `tenant-${index}`))
  // The operation of 20 events includes the 50th from the end.
  await db().event.createMany({ data: [...Array.from({ length: 60 }, (_, index) => single(index)), ...share] })
  await db().event.createMany({ data: Array.from({ length: 41 }, (_, index) => single(100 + index)) })
  const first = await listEvents({ imageId })
  expect(first.items).toHaveLength(61)
  expect(operationsOf(first.items).at(-1)).toHaveLength(20)
  const second = await listEvents({ imageId }, first.older ?? '')
  expect(second.items).toHaveLength(50)
  const third = await listEvents({ imageId }, second.older ?? '')
  expect(third.older).toBe(null)
  const ids = [...first.items, ...second.items, ...third.items].map(({ id }) => id)
  expect(new Set(ids).size).toBe(121)
})

it('distinguishes the operator and the console from accounts', async () => {
  const [owner, here] = [await account(), await region()]
  const imageId = await image(owner, here)
  const actors = [
    { actorId: 'operator', actorName: 'operator' },
    { actorId: 'operator', actorName: 'system' },
    { actorId: owner.id, actorName: 'operator' },
  ]
  await db().event.createMany({
    data: actors.map((actor) => ({
      ...actor,
      action: 'image.update',
      at: noon,
      ownerId: owner.id,
      ownerName: owner.username,
      imageId,
      details: {},
    })),
  })
  const { items } = await listEvents({ imageId })
  expect(items.map(({ by }) => by)).toEqual(['account', 'console', 'operator'])
})
