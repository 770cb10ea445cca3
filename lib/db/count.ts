import 'server-only'
import { countedMax, type PageRange } from '@/lib/pages'
import { db } from './client'
import { Prisma } from './generated/client'

type Counted = { passed: Prisma.Sql | null; firstRow: (passed: number, shown: number) => number }

/**
 * Counts a list and the rows before its page, neither further than `countedMax`. `rows` is the FROM and WHERE of the whole
 * list. The answer still needs how many rows the page shows, so that it can be asked for while those are read.
 */
export async function countRows(rows: Prisma.Sql, page: Counted): Promise<(shown: number) => PageRange> {
  const counted = (where: Prisma.Sql) =>
    Prisma.sql`(SELECT count(*)::int FROM (SELECT 1 ${rows} ${where} LIMIT ${countedMax + 1}) counted)`
  const passedCount = page.passed ? counted(page.passed) : Prisma.sql`0`
  const [found] = await db().$queryRaw<{ total: number; passed: number }[]>`
    SELECT ${counted(Prisma.empty)} AS total, ${passedCount} AS passed`
  const { total, passed } = found ?? { total: 0, passed: 0 }
  return (shown) => ({
    from: passed > countedMax ? null : page.firstRow(passed, shown),
    total: total > countedMax ? null : total,
  })
}
