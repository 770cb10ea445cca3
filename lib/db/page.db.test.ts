import { beforeAll, describe, expect, it, test } from 'vitest'
import { db } from './client'
import { Prisma } from './generated/client'
import { type Cursors, keyset, likePattern, type Page, type SortColumn } from './page'

type Row = { id: string; rank: bigint }

const byRank: SortColumn<Row> = {
  column: Prisma.sql`p.rank`,
  type: Prisma.sql`bigint`,
  idColumn: Prisma.sql`p.id`,
  value: (row) => row.rank.toString(),
}
// Three values for twenty rows, so that mostly the ids decide the order.
const rows = Array.from({ length: 20 }, (_, index) => ({ id: String.fromCharCode(97 + index), rank: index % 3 }))

beforeAll(async () => {
  await db().$executeRaw`CREATE TABLE "Paged" (id text PRIMARY KEY, rank bigint NOT NULL)`
})

async function paged(): Promise<string> {
  await db().$executeRaw`DELETE FROM "Paged"`
  for (const { id, rank } of rows) await db().$executeRaw`INSERT INTO "Paged" VALUES (${id}, ${rank})`
  return rows.map(({ id }) => id).join('')
}

async function read(sort: string, cursors: Cursors = {}, limit = 3): Promise<Page<string>> {
  const page = keyset(sort, byRank, cursors, limit)
  const found = await db().$queryRaw<Row[]>`SELECT id, rank FROM "Paged" p WHERE true ${page.where} ${page.tail}`
  return page.toPage(
    found,
    (row) => row.id,
    (row) => row.id,
  )
}

/** All pages from one end to the other, by following links in one direction. */
async function walk(sort: string, start: Page<string>, direction: 'next' | 'prev'): Promise<string[][]> {
  const pages = [start.items]
  for (let page = start; page[direction]; ) {
    page = await read(sort, direction === 'next' ? { after: page.next ?? '' } : { before: page.prev ?? '' })
    pages.push(page.items)
  }
  return pages
}

/** The last page, from which the walk back starts. */
async function lastPage(sort: string): Promise<Page<string>> {
  let page = await read(sort)
  while (page.next) page = await read(sort, { after: page.next })
  return page
}

const sorted = (sort: string) => {
  const ascending = [...rows].sort((one, other) => one.rank - other.rank || one.id.localeCompare(other.id))
  const ids = ascending.map(({ id }) => id)
  return sort.startsWith('-') ? ids.reverse() : ids
}

describe.each(['rank', '-rank'])('ordered by %s', (sort) => {
  it('shows every row once from the first page to the last, over equal values', async () => {
    await paged()
    const pages = await walk(sort, await read(sort), 'next')
    expect(pages.flat()).toEqual(sorted(sort))
    expect(pages.map((page) => page.length)).toEqual([3, 3, 3, 3, 3, 3, 2])
  })

  it('shows every row once on the way back', async () => {
    await paged()
    const back = await walk(sort, await lastPage(sort), 'prev')
    expect(back.reverse().flat()).toEqual(sorted(sort))
  })

  it('has no way back from the first page and no way on from the last', async () => {
    await paged()
    expect((await read(sort)).prev).toBeNull()
    expect((await lastPage(sort)).next).toBeNull()
    const second = await read(sort, { after: (await read(sort)).next ?? '' })
    expect(await read(sort, { before: second.prev ?? '' })).toMatchObject({
      items: sorted(sort).slice(0, 3),
      prev: null,
    })
  })

  it('continues from the position of a deleted row', async () => {
    await paged()
    const first = await read(sort)
    await db().$executeRaw`DELETE FROM "Paged" WHERE id = ${first.items.at(-1)}`
    const second = await read(sort, { after: first.next ?? '' })
    expect(second.items).toEqual(sorted(sort).slice(3, 6))
    await db().$executeRaw`DELETE FROM "Paged" WHERE id = ${second.items[0]}`
    expect((await read(sort, { before: second.prev ?? '' })).items).toEqual(sorted(sort).slice(0, 2))
  })

  it('leads back from a page whose rows are all gone', async () => {
    await paged()
    const first = await read(sort)
    const second = await read(sort, { after: first.next ?? '' })
    await db().$executeRaw`DELETE FROM "Paged" WHERE NOT id = ANY(${first.items})`
    const empty = await read(sort, { after: first.next ?? '' })
    expect(empty).toMatchObject({ items: [], next: null, prev: expect.any(String) })
    expect(first.items).toEqual(expect.arrayContaining((await read(sort, { before: empty.prev ?? '' })).items))
    await paged()
    await db().$executeRaw`DELETE FROM "Paged" WHERE id = ANY(${first.items})`
    const gone = await read(sort, { before: second.prev ?? '' })
    expect(gone).toMatchObject({ items: [], prev: null, next: expect.any(String) })
    expect(second.items).toEqual(expect.arrayContaining((await read(sort, { after: gone.next ?? '' })).items))
  })
})

test('a list that ends with a full page has no next page', async () => {
  await paged()
  expect((await read('rank', {}, 20)).next).toBeNull()
  expect((await read('rank', {}, 19)).next).not.toBeNull()
})

const encoded = (key: unknown) => Buffer.from(JSON.stringify(key)).toString('base64url')

test.each([
  ['nothing', ''],
  ['no base64', '%%%'],
  ['no JSON', Buffer.from('{').toString('base64url')],
  ['no list', encoded({ sort: 'rank', value: '1', id: 'a' })],
  ['too few parts', encoded(['rank', '1'])],
  ['too many parts', encoded(['rank', '1', 'a', 'b'])],
  ['wrong types', encoded(['rank', 1, null])],
  ['another order', encoded(['-rank', '1', 'a'])],
  ['another list', encoded(['name', 'x', 'a'])],
  ['a NUL', encoded(['rank', '1', 'a\0'])],
  ['no number', encoded(['rank', 'x', 'a'])],
  ['an empty number', encoded(['rank', '', 'a'])],
  ['a number that is too large', encoded(['rank', '9223372036854775808', 'a'])],
  ['an id of other characters', encoded(['rank', '1', 'A b'])],
  ['a lone surrogate', encoded(['rank', '1', '\ud800'])],
  ['SQL', encoded(['rank', '1\'; DROP TABLE "Paged"; --', "' OR true --"])],
])('a cursor that holds %s shows the first page', async (_, after) => {
  await paged()
  expect((await read('rank', { after })).items).toEqual(sorted('rank').slice(0, 3))
  expect((await read('rank', { before: after })).items).toEqual(sorted('rank').slice(0, 3))
})

const byTime: SortColumn<Row> = {
  ...byRank,
  column: Prisma.sql`to_timestamp(p.rank)`,
  type: Prisma.sql`timestamptz`,
  value: (row) => new Date(Number(row.rank) * 1_000).toISOString(),
}

test.each([
  ['the year 0', '0000-01-01T00:00:00.000Z'],
  ['February 30', '2026-02-30T00:00:00.000Z'],
  ['April 31', '2026-04-31T00:00:00.000Z'],
  ['hour 24', '2026-01-01T24:00:00.000Z'],
  ['second 60', '2026-01-01T00:00:60.000Z'],
  ['a year of five digits', '+12026-01-01T00:00:00.000Z'],
  ['another zone', '2026-01-01T00:00:00.000+08:00'],
  ['infinity', 'infinity'],
])('a cursor with the time %s shows the first page', async (_, time) => {
  await paged()
  const at = encoded(['rank', time, 'a'])
  for (const cursors of [{ after: at }, { before: at }]) {
    const page = keyset('rank', byTime, cursors, 3)
    const found = await db().$queryRaw<Row[]>`SELECT id, rank FROM "Paged" p WHERE true ${page.where} ${page.tail}`
    expect(found.slice(0, 3).map(({ id }) => id)).toEqual(sorted('rank').slice(0, 3))
  }
})

test('a search text is taken literally', async () => {
  const matches = async (text: string, search: string) => {
    const [row] = await db().$queryRaw<{ is: boolean }[]>`SELECT ${text} ILIKE ${likePattern(search)} AS is`
    return row?.is
  }
  expect(await matches('100% sure', '100%')).toBe(true)
  expect(await matches('100 sure', '100%')).toBe(false)
  expect(await matches('a_b', 'a_b')).toBe(true)
  expect(await matches('axb', 'a_b')).toBe(false)
  expect(await matches('a\\b', '\\')).toBe(true)
  expect(await matches('ab', '\\')).toBe(false)
})
