import 'server-only'
import { countedMax, type PageRange } from '@/lib/pages'
import { Prisma } from './generated/client'

type Counted = { passed: Prisma.Sql | null; firstRow: (passed: number, shown: number) => number }

/** The number of rows in a list, and before its page, both counted up to `countedMax`. */
export type Counts = { total: number; passed: number }

/**
 * The columns of `Counts`. `rows` is the FROM and WHERE of the whole list. If no single index covers that WHERE, `along` is an
 * ORDER BY with an index: the count then scans that index and stops at its bound. Otherwise PostgreSQL first collects all rows of
 * an account, however many (10 ms became 1 ms at 20,000).
 */
export function countColumns(rows: Prisma.Sql, page: Counted, along = Prisma.empty): Prisma.Sql {
  const counted = (where: Prisma.Sql) =>
    Prisma.sql`(SELECT count(*)::int FROM (SELECT 1 ${rows} ${where} ${along} LIMIT ${countedMax + 1}) counted)`
  const passed = page.passed ? counted(page.passed) : Prisma.sql`0`
  return Prisma.sql`${counted(Prisma.empty)} AS total, ${passed} AS passed`
}

/** The position of a page in its list. */
export function rangeOf(page: Counted, counts: Counts | undefined, shown: number): PageRange {
  const { total, passed } = counts ?? { total: 0, passed: 0 }
  return {
    from: passed > countedMax ? null : page.firstRow(passed, shown),
    total: total > countedMax ? null : total,
  }
}
