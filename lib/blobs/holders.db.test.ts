import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import type { ImageStateName } from '@/lib/images/rules'
import { account, image, inMotion, region } from '@/lib/testing/builders'
import { selectHolders } from './reads'

test('every kind of row that needs the bytes holds them, and one on its way out does not', async () => {
  const [owner, here] = await Promise.all([account(), region()])
  const imageId = await image(owner, here)
  const { blobId } = await db().image.findUniqueOrThrow({ where: { id: imageId }, select: { blobId: true } })
  const holdersOf = async () =>
    await db().$queryRaw<{ kind: string; id: string }[]>(selectHolders(Prisma.sql`${blobId}`))
  expect(await holdersOf()).toEqual([{ kind: 'image', id: imageId }])
  const become = async (state: ImageStateName) =>
    await db().image.update({
      where: { id: imageId },
      data: { state, deletedAt: state === 'deleted' ? new Date() : null, ...inMotion(state) },
    })
  await become('deleted')
  expect(await holdersOf()).toEqual([{ kind: 'recycle bin', id: imageId }])
  await become('copying')
  expect(await holdersOf()).toEqual([{ kind: 'transfer', id: imageId }])
  await db().$transaction([
    db().transfer.delete({ where: { imageId } }),
    db().image.update({ where: { id: imageId }, data: { state: 'deleting' } }),
  ])
  expect(await holdersOf()).toEqual([])
})
