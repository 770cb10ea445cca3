import { expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { accounts, image, nth, region, whileLocked } from '@/lib/testing/builders'
import { lockAccounts, lockImages } from './locks'
import { inTransaction } from './transaction'

// All locks are taken in one order, whatever the order of the arguments, so that no transactions wait for each other.

async function freeOf(table: 'Account' | 'Image', ids: string[]): Promise<string[]> {
  const rows = await db().$queryRawUnsafe<{ id: string }[]>(
    `SELECT id FROM "${table}" WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED`,
    ids,
  )
  return rows.map(({ id }) => id)
}

test('images are locked in the order of their ids, and a duplicate id is returned once', async () => {
  const [here, [owner]] = await Promise.all([region(), accounts(1)])
  if (!owner) throw new Error('There is an account.')
  const ids = (await Promise.all([1, 2, 3].map(() => image(owner, here)))).sort()
  let free: string[] = []
  const named = [nth(ids, 2), nth(ids, 1), nth(ids, 0), nth(ids, 2), 'img-none']
  const locked = await whileLocked(
    [nth(ids, 1)],
    () =>
      inTransaction(async (tx) => {
        const { images } = await lockImages(tx, [], { ids: named, ownerId: null })
        return { ok: true, value: [...images.keys()] }
      }),
    async () => {
      free = await freeOf('Image', ids)
    },
  )
  // The operation holds the first, waits for the second, and has not locked the third.
  expect(free).toEqual([nth(ids, 2)])
  expect(locked).toEqual({ ok: true, value: ids })
})

test('accounts are locked in the order of their ids', async () => {
  const ids = (await accounts(3)).map(({ id }) => id).sort()
  let free: string[] = []
  const locked = await whileLocked(
    [nth(ids, 1)],
    () => inTransaction(async (tx) => ({ ok: true, value: [...(await lockAccounts(tx, [...ids].reverse())).keys()] })),
    async () => {
      free = await freeOf('Account', ids)
    },
  )
  expect(free).toEqual([nth(ids, 2)])
  expect(locked).toEqual({ ok: true, value: ids })
})

test("images are locked only after the last account, and another owner's image never", async () => {
  const [here, made] = await Promise.all([region(), accounts(2)])
  const [owner, other] = [nth(made, 0), nth(made, 1)]
  const [own, others] = await Promise.all([image(owner, here), image(other, here)])
  const ids = [own, others]
  let free: string[] = []
  const locked = await whileLocked(
    [nth(made.map(({ id }) => id).sort(), 1)],
    () =>
      inTransaction(async (tx) => {
        const rows = await lockImages(tx, [owner.id, other.id], { ids, ownerId: owner.id })
        return { ok: true, value: [[...rows.accounts.keys()], [...rows.images.keys()], await freeOf('Image', ids)] }
      }),
    async () => {
      free = await freeOf('Image', ids)
    },
  )
  expect(free).toEqual([...ids].sort())
  expect(locked).toEqual({ ok: true, value: [made.map(({ id }) => id).sort(), [own], [others]] })
})
