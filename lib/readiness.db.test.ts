import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { beside, databaseName } from '@/lib/db/beside'
import { db } from '@/lib/db/client'
import { readiness } from '@/lib/readiness'
import { storeOf } from '@/lib/stores/store'
import { region } from '@/lib/testing/builders'

// Time passes only where a test lets it: how long an answer is kept, and how long somebody who asks waits for one. It never
// goes back, as an answer is kept from one test to the next. Nothing of the database's driver needs a timer.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterAll(() => void vi.useRealTimers())

test('a store is asked once a second however often somebody wants to know, and one that hangs is asked once', async () => {
  const [store, other] = [storeOf(await region()), storeOf(await region())]
  const check = vi.spyOn(store, 'check')
  let isLookedAt = () => {}
  vi.spyOn(other, 'check').mockImplementation(async () => isLookedAt())
  const many = () => Promise.all(Array.from({ length: 50 }, () => readiness()))
  for (const answer of [...(await many()), ...(await many())])
    expect(answer).toMatchObject({ database: true, stores: true })
  expect(check).toHaveBeenCalledTimes(1)

  /** The answer of a look that waits for a store as long as it waits for any. */
  const impatient = async () => {
    vi.advanceTimersByTime(1_001)
    const isLooking = new Promise<void>((resolve) => (isLookedAt = resolve))
    const answer = readiness()
    await isLooking
    vi.advanceTimersByTime(3_000)
    return await answer
  }
  let answers = () => {}
  check.mockImplementation(() => new Promise<void>((resolve) => (answers = resolve)))
  expect(await impatient()).toMatchObject({ database: true, stores: false })
  expect(await impatient()).toMatchObject({ database: true, stores: false })
  expect(check).toHaveBeenCalledTimes(2)

  answers()
  // All that follows from an answer is done before the next turn of the event loop.
  await new Promise(setImmediate)
  check.mockResolvedValue()
  vi.advanceTimersByTime(1_001)
  expect(await readiness()).toMatchObject({ database: true, stores: true })
  expect(check).toHaveBeenCalledTimes(3)
})

test('a database that answers reads and refuses writes is not ready, until it takes them again', async () => {
  const url = process.env.DATABASE_URL ?? ''
  const alter = async (change: string) => {
    await beside(url, (client) => client.query(`ALTER DATABASE "${databaseName(url)}" ${change}`))
    await db().$disconnect()
    vi.advanceTimersByTime(1_001)
  }
  await alter('SET default_transaction_read_only = on')
  expect(await db().region.count()).toBeGreaterThanOrEqual(0)
  expect(await readiness()).toMatchObject({ database: false })
  await alter('RESET default_transaction_read_only')
  expect(await readiness()).toMatchObject({ database: true })
})
