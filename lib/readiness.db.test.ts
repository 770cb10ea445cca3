import { expect, test, vi } from 'vitest'
import { beside, databaseName } from '@/lib/db/beside'
import { db } from '@/lib/db/client'
import { readiness } from '@/lib/readiness'
import { storeOf } from '@/lib/stores/store'
import { region } from '@/lib/testing/builders'

test('a store is asked once a second however often somebody wants to know, and one that hangs is asked once', async () => {
  const store = storeOf(await region())
  const check = vi.spyOn(store, 'check')
  const many = () => Promise.all(Array.from({ length: 50 }, () => readiness()))
  for (const answer of [...(await many()), ...(await many())]) expect(answer).toMatchObject({ database: true })
  expect(check).toHaveBeenCalledTimes(1)

  let answers = () => {}
  check.mockImplementation(() => new Promise<void>((resolve) => (answers = resolve)))
  const clock = vi.spyOn(Date, 'now')
  const began = Date.now()
  clock.mockImplementation(() => began + 2_000)
  expect(await readiness()).toMatchObject({ stores: false })
  clock.mockImplementation(() => began + 4_000)
  expect(await readiness()).toMatchObject({ stores: false })
  expect(check).toHaveBeenCalledTimes(2)

  answers()
  check.mockResolvedValue()
  await vi.waitFor(async () => {
    clock.mockImplementation(() => began + 6_000)
    expect(await readiness()).toMatchObject({ stores: true })
  })
  expect(check).toHaveBeenCalledTimes(3)
})

test('a database that answers reads and refuses writes is not ready, until it takes them again', async () => {
  const url = process.env.DATABASE_URL ?? ''
  const alter = async (change: string) => {
    await beside(url, (client) => client.query(`ALTER DATABASE "${databaseName(url)}" ${change}`))
    await db().$disconnect()
  }
  const clock = vi.spyOn(Date, 'now')
  const later = Date.now() + 100_000
  clock.mockImplementation(() => later)
  await alter('SET default_transaction_read_only = on')
  expect(await db().region.count()).toBeGreaterThanOrEqual(0)
  expect(await readiness()).toMatchObject({ database: false })
  await alter('RESET default_transaction_read_only')
  clock.mockImplementation(() => later + 2_000)
  expect(await readiness()).toMatchObject({ database: true })
})
