import { describe, expect, it, test } from 'vitest'
import { db } from '@/lib/db/client'
import { newId } from '@/lib/ids'
import { countedMax } from '@/lib/pages'
import { listSharedImages } from '@/lib/shares/reads'
import { sharedImageParams, sharedImageSorts } from '@/lib/shares/schema'
import { account, held, image, later, minutes, noon, quota, region } from '@/lib/testing/builders'
import { listCustomImages } from './reads'
import { customImageParams, imageSorts } from './schema'

const made = [
  { name: 'web-01', operatingSystem: 'Debian 12', virtualSize: 4096, state: 'available' },
  { name: 'web_01', operatingSystem: 'Debian 12', virtualSize: 1024, state: 'available' },
  { name: 'webx01', operatingSystem: 'Ubuntu 24.04', virtualSize: 1024, state: 'importing' },
  { name: '100 (a+b)', operatingSystem: 'Ubuntu 24.04', virtualSize: 2 ** 42, state: 'failed' },
  { name: 'Web-01', operatingSystem: 'Windows', virtualSize: 4096, state: 'available' },
  { name: '路由器', operatingSystem: 'OpenWrt', virtualSize: 0, state: 'copying' },
] as const

/** An owner's images that differ in everything a list can filter by, all shared with one recipient. */
async function library() {
  const [here, there, owner, recipient] = await Promise.all([region(), region(), account(), account()])
  const ids: string[] = []
  for (const [index, options] of made.entries()) {
    ids.push(await image(owner, here, { ...options, createdAt: later(minutes(index)) }))
  }
  for (const id of ids) await held(id, recipient)
  await image(owner, there, { name: 'elsewhere' })
  await image(await account(), here, { name: 'web-01' })
  const custom = async (asked: Partial<Record<string, string>>) =>
    await listCustomImages(owner.ctx, customImageParams.parse({ region: here, ...asked }))
  const shared = async (asked: Partial<Record<string, string>>) =>
    await listSharedImages(recipient.ctx, sharedImageParams.parse({ region: here, ...asked }))
  return { here, owner, recipient, ids, custom, shared }
}

const names = (list: { items: { name: string }[] }) => list.items.map((item) => item.name)
const allNames = made.map(({ name }) => name)

test('both lists return what they are asked for, and nothing of another region or owner', async () => {
  const { ids, owner, custom, shared } = await library()
  expect(names(await custom({}))).toEqual(allNames.toReversed())
  expect(new Set(names(await shared({})))).toEqual(new Set(allNames))
  const searches: [Record<string, string>, string[]][] = [
    [{ q: 'web-01' }, ['web-01', 'Web-01']],
    [{ q: 'WEB_01' }, ['web_01']],
    [{ q: '%' }, []],
    [{ q: '_' }, ['web_01']],
    [{ q: '(a+b)' }, ['100 (a+b)']],
    [{ q: ' 由 ' }, ['路由器']],
    [{ q: (ids[2] ?? '').toUpperCase() }, ['webx01']],
    [{ q: (ids[2] ?? '').slice(0, 8) }, []],
    [{ q: "' OR true --" }, []],
    [{ q: '\\' }, []],
    [{ os: 'Debian 12' }, ['web-01', 'web_01']],
    [{ os: 'debian 12' }, []],
    [{ os: 'Debian 12', q: '_' }, ['web_01']],
  ]
  for (const [asked, found] of searches) {
    expect(names(await custom(asked)).sort(), JSON.stringify(asked)).toEqual(found.toSorted())
    expect(names(await shared(asked)).sort(), JSON.stringify(asked)).toEqual(found.toSorted())
  }
  expect(names(await custom({ state: 'failed' }))).toEqual(['100 (a+b)'])
  expect(names(await custom({ state: 'deleted' }))).toEqual([])
  expect(names(await shared({ q: owner.username }))).toHaveLength(6)
  expect(names(await shared({ q: owner.username.slice(0, 5) }))).toEqual([])
})

describe('any URL gives a list and never a fault', () => {
  it.each([
    ['a NUL in the search', { q: 'web\0' }],
    ['a NUL in the operating system', { os: 'Debian\0' }],
    ['half a character', { q: '\uD800' }],
    ['a search that is too long', { q: 'x'.repeat(129) }],
    ['an unknown state', { state: 'shiny' }],
    ['an unknown order', { sort: 'createdAt; DROP TABLE "Image"' }],
    ['a cursor of nothing', { after: 'x' }],
  ])('%s', async (_, asked) => {
    const { custom, shared } = await library()
    expect(await custom(asked)).toMatchObject({ quota: { images: { quota: 50 } } })
    expect(await shared(asked)).toHaveProperty('items')
  })

  it('a region id that cannot exist', async () => {
    const { owner } = await library()
    for (const region of ['', 'xx-none', "x' OR true --", 'cn-\0']) {
      const custom = customImageParams.safeParse({ region })
      const shared = sharedImageParams.safeParse({ region })
      if (custom.success) expect((await listCustomImages(owner.ctx, custom.data)).items).toEqual([])
      if (shared.success) expect((await listSharedImages(owner.ctx, shared.data)).items).toEqual([])
    }
  })

  it.each([...imageSorts])('a cursor whose value does not fit the sort order %s', async (sort) => {
    const { custom, shared } = await library()
    const whole = names(await custom({ sort }))
    for (const value of ['', 'x', '1e9', '99999999999999999999', 'infinity', '2026-13-45', 'now()', '-1 ', '1\uD800']) {
      const after = Buffer.from(JSON.stringify([sort, value, 'img-0'])).toString('base64url')
      for (const cursor of [{ after }, { before: after }]) {
        const list = await custom({ sort, ...cursor })
        expect(whole).toEqual(expect.arrayContaining(names(list)))
        if (sharedImageSorts.some((known) => known === sort)) await shared({ sort, ...cursor })
      }
    }
  })
})

test.each([...imageSorts])('%s orders the custom images, and paging keeps the order', async (sort) => {
  const { owner, here } = await library()
  const more = Array.from({ length: 50 }, (_, count) =>
    image(owner, here, { name: `n${count % 7}`, virtualSize: count % 3, operatingSystem: `os ${count % 4}` }),
  )
  await Promise.all(more)
  const rows: Awaited<ReturnType<typeof listCustomImages>>['items'] = []
  for (let after: string | null | undefined = undefined; after !== null; ) {
    const list = await listCustomImages(owner.ctx, customImageParams.parse({ region: here, sort, after }))
    rows.push(...list.items)
    after = list.next
  }
  const key = sort.replace('-', '')
  const direction = sort.startsWith('-') ? -1 : 1
  const value = (row: (typeof rows)[number]) =>
    key === 'virtualSize'
      ? row.virtualSize
      : key === 'name'
        ? row.name
        : key === 'createdAt'
          ? row.createdAt
          : row.operatingSystem
  // The database sorts by code point, as the built-in locale does; these texts stay in the first plane, where JavaScript does too.
  const order = (one: string | number, other: string | number) => (one < other ? -1 : one > other ? 1 : 0)
  const sorted = rows.toSorted((one, other) => direction * (order(value(one), value(other)) || order(one.id, other.id)))
  expect(rows.map((row) => row.id)).toEqual(sorted.map((row) => row.id))
  expect(new Set(rows.map((row) => row.id)).size).toBe(56)
})

test('a page knows its position and the total, forwards and backwards, with any filter and order', async () => {
  const { owner, here } = await library()
  await Promise.all(Array.from({ length: 60 }, (_, count) => image(owner, here, { name: `n${count % 3}` })))
  const page = async (asked: Record<string, string | null>) =>
    await listCustomImages(owner.ctx, customImageParams.parse({ region: here, ...asked }))
  const cases: Record<string, string>[] = [
    { sort: 'name' },
    { sort: '-createdAt' },
    { sort: 'name', q: 'n' },
    { size: '50' },
  ]
  for (const asked of cases) {
    const first = await page(asked)
    const size = Number(asked.size ?? 25)
    const total = 'q' in asked ? 60 : 66
    expect(first.items).toHaveLength(size)
    expect(first.range).toEqual({ from: 1, total })
    const second = await page({ ...asked, after: first.next })
    expect(second.range).toEqual({ from: size + 1, total })
    expect((await page({ ...asked, before: second.prev })).range).toEqual({ from: 1, total })
  }
  for (const size of ['0', '26', '1000', 'x', '']) expect((await page({ size })).items, size).toHaveLength(25)
  expect((await page({ size: '100' })).items).toHaveLength(66)
})

test('a list is counted up to a bound, and says so beyond it', async () => {
  const [here, owner] = await Promise.all([region(), account()])
  const row = { ownerId: owner.id, regionId: here, operatingSystem: 'Debian 12', source: 'IMPORT' as const }
  const failed = { ...row, name: 'many', state: 'failed' as const, createdAt: noon, updatedAt: noon }
  await db().image.createMany({
    data: Array.from({ length: countedMax + 30 }, () => ({ ...failed, id: newId('img') })),
  })
  const list = async (cursor: Record<string, string | null>) =>
    await listCustomImages(owner.ctx, customImageParams.parse({ region: here, size: '100', ...cursor }))
  let shown = await list({})
  expect(shown.range).toEqual({ from: 1, total: null })
  while (shown.next) shown = await list({ after: shown.next })
  expect(shown.items).toHaveLength(30)
  expect(shown.range).toEqual({ from: countedMax + 1, total: null })
})

test('shared images are counted the same way, with the quota', async () => {
  const { shared } = await library()
  expect(await shared({})).toMatchObject({ range: { from: 1, total: 6 }, quota: { images: { used: 6, quota: 50 } } })
  expect((await shared({ os: 'Debian 12' })).range).toEqual({ from: 1, total: 2 })
})

test('a list contains each operating system once, and the current quota', async () => {
  const { custom, shared, owner, here } = await library()
  const systems = ['Debian 12', 'OpenWrt', 'Ubuntu 24.04', 'Windows']
  expect((await custom({ q: 'nothing' })).operatingSystems).toEqual(systems)
  expect((await shared({})).operatingSystems).toEqual(systems)
  // Six images, one of them failed, and one shared by another account.
  await held(await image(await account(), here), owner)
  expect((await custom({})).quota).toMatchObject({ images: { used: 6, quota: 50 } })
  await quota(owner, here, 2)
  expect((await custom({})).quota).toMatchObject({ images: { used: 6, quota: 2 } })
})

test('a row has its number of recipients, and why it failed', async () => {
  const { custom, ids } = await library()
  await held(ids[0] ?? '', await account())
  const items = (await custom({})).items
  expect(items.find((item) => item.id === ids[0])?.recipients).toBe(2)
  expect(items.find((item) => item.id === ids[1])?.recipients).toBe(1)
  expect(items.every((item) => item.failure === null)).toBe(true)
})
