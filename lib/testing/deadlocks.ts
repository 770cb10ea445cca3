import pg from 'pg'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'

/**
 * How many deadlocks the database of a test file has had. One that is tried again reaches nobody, but says that somewhere the order
 * of locks is not kept. Connections report theirs when they end, so this ends ours: ask last.
 */
export async function countDeadlocks(): Promise<number> {
  await db().$disconnect()
  const client = new pg.Client({ connectionString: env().DATABASE_URL })
  await client.connect()
  const { rows } = await client.query<{ deadlocks: number }>(
    'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
  )
  await client.end()
  return rows[0]?.deadlocks ?? Number.NaN
}
