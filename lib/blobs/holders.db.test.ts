import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import type { ImageStateName } from '@/lib/images/rules'
import { account, image, inMotion, region } from '@/lib/testing/builders'
import { instance } from '@/lib/testing/builders-instances'
import { selectHolders } from './reads'
import { holderKinds } from './rules'

test('every kind of row that needs bytes holds them, and a row being removed does not', async () => {
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

test('every table that refers to blobs is a kind of holder', async () => {
  const tables = await db().$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'blobId'`
  expect(tables.map(({ name }) => name).sort()).toEqual(holderKinds.map(({ table }) => table).sort())
})

test('an instance holds the bytes of its image, like the image itself, until it is terminated', async () => {
  const [owner, here] = await Promise.all([account(), region()])
  const imageId = await image(owner, here)
  const instanceId = await instance(owner, here, { imageId })
  const { blobId } = await db().image.findUniqueOrThrow({ where: { id: imageId }, select: { blobId: true } })
  const holdersOf = async () =>
    await db().$queryRaw<{ kind: string; id: string }[]>(selectHolders(Prisma.sql`${blobId}`))
  expect(await holdersOf()).toEqual([
    { kind: 'image', id: imageId },
    { kind: 'instance', id: instanceId },
  ])
  const gone = { state: 'terminated' as const, blobId: null, terminatedAt: new Date() }
  await db().instance.update({ where: { id: instanceId }, data: gone })
  expect(await holdersOf()).toEqual([{ kind: 'image', id: imageId }])
})
