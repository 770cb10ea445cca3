import { db } from '@/lib/db/client'

type Counted = { table: string; rows: number }

/** The rows read per table, by PostgreSQL's counters. Needs a separate database and one connection (`ECS_DATABASE_POOL=1`). */
export async function rowsRead(run: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = new Map((await counters()).map(({ table, rows }) => [table, rows]))
  await run()
  const read = (await counters()).map(({ table, rows }) => [table, rows - (before.get(table) ?? 0)] as const)
  return Object.fromEntries(read.filter(([, rows]) => rows > 0))
}

async function counters(): Promise<Counted[]> {
  // A session reports its statistics at most once a second, unless forced.
  await db().$queryRaw`SELECT pg_stat_force_next_flush()::text`
  return await db().$queryRaw<Counted[]>`
    SELECT t.relname AS "table", (coalesce(t.seq_tup_read, 0) + coalesce(sum(i.idx_tup_read), 0))::int AS rows
    FROM pg_stat_user_tables t LEFT JOIN pg_stat_user_indexes i USING (relid)
    WHERE t.schemaname = 'public' GROUP BY t.relid, t.relname, t.seq_tup_read`
}
