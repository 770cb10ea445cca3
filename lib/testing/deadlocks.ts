import pg from 'pg'
import { db } from '@/lib/db/client'
import { env } from '@/lib/env'

/**
 * The number of deadlocks in a test file's database. A retried deadlock is invisible to callers, but proves a wrong lock order
 * somewhere. Connections report theirs when they close, so this closes ours: call it last.
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
