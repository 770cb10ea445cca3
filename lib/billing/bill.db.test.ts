import { beforeAll, expect, test } from 'vitest'
import { db } from '@/lib/db/client'
import { account, image, region, type TestAccount } from '@/lib/testing/builders'
import { instance, instanceType, machineHost, ran } from '@/lib/testing/builders-instances'
import { billLines, getBill, type LedgerLine } from './reads'
import { billParams } from './schema'
import { meterAll } from './writes'

const hourMs = 3_600_000
/** The evening of the 10th in Shanghai. */
const now = new Date('2026-03-10T12:30:00Z')

let here: string
let hostId: string
let typeId: string
beforeAll(async () => {
  here = await region()
  hostId = await machineHost()
  typeId = await instanceType({ amount: 8 })
})

async function machine(owner: TestAccount, options: { name?: string; imageId?: string; state?: 'stopped' } = {}) {
  return await instance(owner, here, { hostId, typeId, ...options })
}
const hoursFrom = (from: string, hours: number): [Date, Date] => [
  new Date(from),
  new Date(Date.parse(from) + hours * hourMs),
]
const bill = async (owner: TestAccount, asked: Record<string, string> = {}) =>
  await getBill(owner.at(now), billParams.parse(asked))

test('a bill is the sum of its rows and of its days, and an hour counts for the local day in which it begins', async () => {
  const owner = await account()
  const id = await machine(owner, { name: 'web' })
  // Midnight in Shanghai is between the two hours.
  await ran(id, ...hoursFrom('2026-03-08T15:00:00Z', 2))
  await meterAll()
  const found = await bill(owner)
  expect(found).toMatchObject({
    month: '2026-03',
    total: 16,
    currency: 'CNY',
    daysInMonth: 31,
    previous: null,
    next: null,
  })
  expect(found.days.map(({ day, hours, amount }) => [day, hours, amount])).toEqual([
    [8, 1, 8],
    [9, 1, 8],
  ])
  expect(found.rows.items).toMatchObject([{ instanceId: id, hours: 2, price: 8, amount: 16, sharedBy: null }])
})

test('each month has its bill, from the first line to this month; any other URL shows this month', async () => {
  const owner = await account()
  const id = await machine(owner)
  await ran(id, ...hoursFrom('2026-01-31T15:00:00Z', 2))
  await meterAll()
  expect(await bill(owner, { month: '2026-01' })).toMatchObject({
    total: 8,
    previous: null,
    next: '2026-02',
    forecast: null,
  })
  expect(await bill(owner, { month: '2026-02' })).toMatchObject({ total: 8, previous: '2026-01', next: '2026-03' })
  for (const month of ['2026-03', '2026-04', '2099-01', 'x', '2026-13'])
    expect(await bill(owner, { month })).toMatchObject({ month: '2026-03', total: 0, next: null })
})

test("a sub-account sees its master's bill, a stranger an empty one, and an image's sharer nothing of it", async () => {
  const [owner, sharer, stranger] = [await account(), await account(), await account()]
  const sub = await account({ master: owner })
  const shared = await image(sharer, here, { name: 'base' })
  const ids = [await machine(owner, { name: 'own' }), await machine(sub, { name: 'lent', imageId: shared })]
  for (const id of ids) await ran(id, ...hoursFrom('2026-03-02T00:00:00Z', 3))
  await meterAll()
  expect(await bill(sub)).toEqual(await bill(owner))
  expect((await bill(sub)).total).toBe(48)
  const lent = await bill(owner, { images: 'shared' })
  expect(lent).toMatchObject({ total: 24, rows: { items: [{ instanceName: 'lent', sharedBy: sharer.username }] } })
  for (const other of [sharer, stranger]) expect((await bill(other)).rows.items).toEqual([])
})

test('the forecast adds the remaining hours of running instances, and nothing for stopped ones', async () => {
  const owner = await account()
  const running = await machine(owner)
  await machine(owner, { state: 'stopped' })
  await ran(running, ...hoursFrom('2026-03-10T12:00:00Z', 0.5))
  await meterAll()
  const hours = (Date.parse('2026-03-31T16:00:00Z') - Date.parse('2026-03-10T13:00:00Z')) / hourMs
  expect((await bill(owner)).forecast).toEqual({ running: 1, rate: 8, total: 8 + 8 * hours })
  expect((await bill(owner, { images: 'shared' })).forecast).toEqual({ running: 0, rate: 0, total: 0 })
})

test('a long bill has pages, most expensive first, and its chart shows five instances and all others together', async () => {
  const owner = await account()
  const names = Array.from({ length: 120 }, (_, index) => `m-${index}`)
  for (const [index, name] of names.entries())
    await ran(await machine(owner, { name }), ...hoursFrom('2026-03-01T16:00:00Z', 1 + (index % 30)))
  await meterAll()
  const seen: number[] = []
  let page = await bill(owner)
  expect(page.series.map(({ instanceId }) => instanceId === null)).toEqual([false, false, false, false, false, true])
  const series = page.series.reduce((sum, { amount }) => sum + amount, 0)
  for (;;) {
    seen.push(...page.rows.items.map(({ amount }) => amount))
    if (!page.rows.next) break
    page = await bill(owner, { after: page.rows.next })
  }
  expect(seen).toHaveLength(120)
  expect(seen).toEqual([...seen].sort((a, b) => b - a))
  expect(seen.reduce((sum, amount) => sum + amount, 0)).toBe(page.total)
  expect(series).toBe(page.total)
})

test('the export has every line of the month once, in the order of the hours', async () => {
  const owner = await account()
  const id = await machine(owner)
  await ran(id, ...hoursFrom('2026-03-01T16:00:00Z', 10))
  await meterAll()
  const { id: _, ...line } = await db().ledgerEntry.findFirstOrThrow({ where: { instanceId: id } })
  const hours = Array.from({ length: 2_500 }, () => line.hour)
  await db().ledgerEntry.createMany({
    data: hours.map((hour, index) => ({ ...line, kind: 'ADJUSTMENT', hour, amount: -1, note: `n ${index}` })),
  })
  const lines: LedgerLine[] = []
  for await (const some of billLines(owner.at(now), billParams.parse({ month: '2026-03' }))) lines.push(...some)
  expect(lines).toHaveLength(2_510)
  expect(new Set(lines.map((each) => each.id)).size).toBe(2_510)
  const sorted = [...lines].sort((a, b) => a.hour.getTime() - b.hour.getTime() || Number(a.id - b.id))
  expect(lines).toEqual(sorted)
  expect(lines.reduce((sum, { amount }) => sum + amount, 0)).toBe((await bill(owner)).total)
})
