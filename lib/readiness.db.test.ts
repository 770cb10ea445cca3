import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { beside, databaseName } from '@/lib/db/beside'
import { db } from '@/lib/db/client'
import { readiness } from '@/lib/readiness'
import { storeOf } from '@/lib/stores/store'
import { region } from '@/lib/testing/builders'

// Fake time, which only the tests advance: for how long an answer is cached, and a caller waits. It never goes back, because
// answers are cached across tests. The database driver needs no timer here.
beforeAll(() => void vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] }))
afterAll(() => void vi.useRealTimers())

test('a store is queried once a second however often readiness is, and a hanging one only once', async () => {
  const [store, other] = [storeOf(await region()), storeOf(await region())]
  const check = vi.spyOn(store, 'check')
  let isLookedAt = () => {}
  vi.spyOn(other, 'check').mockImplementation(async () => isLookedAt())
  const many = () => Promise.all(Array.from({ length: 50 }, () => readiness()))
  for (const answer of [...(await many()), ...(await many())])
    expect(answer).toMatchObject({ database: true, stores: true })
  expect(check).toHaveBeenCalledTimes(1)

  /** A readiness that waits for a store as long as possible. */
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
  // Everything that follows from an answer is done before the event loop's next turn.
  await new Promise(setImmediate)
  check.mockResolvedValue()
  vi.advanceTimersByTime(1_001)
  expect(await readiness()).toMatchObject({ database: true, stores: true })
  expect(check).toHaveBeenCalledTimes(3)
})

test('a database that answers reads and refuses writes is not ready, until it accepts writes again', async () => {
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
