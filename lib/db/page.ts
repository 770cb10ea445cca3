import 'server-only'
import { Prisma } from './generated/client'

/** One page of a list. The cursors go into the URL as `after` and `before`; null at either end. */
export type Page<T> = { items: T[]; next: string | null; prev: string | null }

export type Cursors = { after?: string | undefined; before?: string | undefined }
type Key = { value: string; id: string }

/** The order of a list: a NOT NULL column with an index (…, column, id), and the encoding of its value in a cursor. */
export type SortColumn<Row> = {
  column: Prisma.Sql
  type: Prisma.Sql
  idColumn: Prisma.Sql
  value: (row: Row) => string
}

function isDescending(sort: string): boolean {
  return sort.startsWith('-')
}

/**
 * The WHERE and ORDER BY of one keyset page. A cursor holds values, not a row, so a row deleted meanwhile does no harm.
 * The first, redundant bound of the WHERE lets the index seek (27 ms became 0.03 ms at depth 235,000).
 */
export function keyset<Row>(sort: string, by: SortColumn<Row>, cursors: Cursors, limit: number) {
  const text = cursors.after ?? cursors.before
  const key = readCursor(sort, text, by.type.sql)
  const backwards = cursors.after === undefined && key !== null
  const descending = isDescending(sort) !== backwards
  const order = descending ? Prisma.sql`DESC` : Prisma.sql`ASC`
  const beyond = descending ? Prisma.sql`<` : Prisma.sql`>`
  const where = key
    ? Prisma.sql`AND ${by.column} ${beyond}= ${key.value}::${by.type}
        AND (${by.column} ${beyond} ${key.value}::${by.type} OR ${by.idColumn} ${beyond} ${key.id})`
    : Prisma.empty
  const near = descending ? Prisma.sql`>` : Prisma.sql`<`
  const upToKey = key
    ? Prisma.sql`AND (${by.column} ${near} ${key.value}::${by.type}
        OR (${by.column} = ${key.value}::${by.type} AND ${by.idColumn} ${near}= ${key.id}))`
    : null
  const tail = Prisma.sql`ORDER BY ${by.column} ${order}, ${by.idColumn} ${order} LIMIT ${limit + 1}`
  return {
    where,
    tail,
    /** The index order along which a list without a covering index is counted. */
    along: Prisma.sql`ORDER BY ${by.column}, ${by.idColumn}`,
    passed: backwards ? where : upToKey,
    firstRow: (passed: number, shown: number) => (backwards ? passed - shown : passed) + 1,
    /** Makes a page from the query's rows, in its order: at most `limit + 1`. */
    toPage<T>(rows: Row[], id: (row: Row) => string, toItem: (row: Row) => T): Page<T> {
      const hasMore = rows.length > limit
      const kept = rows.slice(0, limit)
      if (backwards) kept.reverse()
      const cursorOf = (row: Row | undefined) => (row ? writeCursor(sort, { value: by.value(row), id: id(row) }) : null)
      // If all rows of a page are gone, the way back includes the row of its own cursor: this id is beyond every id in
      // that direction.
      const wayBack = key ? writeCursor(sort, { value: key.value, id: descending ? '' : 'zzzz' }) : null
      const hasNext = backwards ? true : hasMore
      const hasPrev = backwards ? hasMore : key !== null
      return {
        items: kept.map(toItem),
        next: hasNext ? (cursorOf(kept.at(-1)) ?? wayBack) : null,
        prev: hasPrev ? (cursorOf(kept[0]) ?? wayBack) : null,
      }
    },
  }
}

function writeCursor(sort: string, key: Key): string {
  return Buffer.from(JSON.stringify([sort, key.value, key.id])).toString('base64url')
}

/** Whether a cursor's value has the form that `writeCursor` writes: PostgreSQL rejects some JavaScript dates. */
function fits(type: string, value: string): boolean {
  if (type === 'timestamptz') return isWrittenTime(value)
  if (type === 'bigint') return /^-?\d{1,18}$/.test(value)
  if (type === 'int') return /^-?\d{1,9}$/.test(value)
  return !value.includes('\0')
}

function isWrittenTime(value: string): boolean {
  if (!/^[1-9]\d{3}-/.test(value)) return false
  const time = new Date(value)
  return !Number.isNaN(time.getTime()) && time.toISOString() === value
}

/** Ids are lower-case ASCII; the way back from an empty page uses the empty id or the greatest. */
const idPattern = /^[a-z0-9-]{0,64}$/

function readCursor(sort: string, text: string | undefined, type: string): Key | null {
  if (!text) return null
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString())
    if (!Array.isArray(parsed) || parsed.length !== 3) return null
    const [cursorSort, value, id]: unknown[] = parsed
    if (typeof value !== 'string' || typeof id !== 'string') return null
    // A cursor of another sort order is ignored.
    return cursorSort === sort && fits(type, value) && idPattern.test(id) ? { value, id } : null
  } catch {
    return null
  }
}

/** Escapes `%` and `_` in a search text. */
export function likePattern(search: string): string {
  return `%${search.replace(/[\\%_]/g, '\\$&')}%`
}
