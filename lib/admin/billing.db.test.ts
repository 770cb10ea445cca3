import { beforeAll, expect, test } from 'vitest'
import { meterAll } from '@/lib/billing/writes'
import { db } from '@/lib/db/client'
import { account, region, type TestAccount } from '@/lib/testing/builders'
import { instance, instanceType, ran } from '@/lib/testing/builders-instances'
import { admin } from './admin-fixture'
import type { Finding } from './finding'
import { verify } from './verify'

const hour = new Date('2026-03-10T10:00:00Z')
const at = (minutes: number) => new Date(hour.getTime() + minutes * 60_000)

let here: string
let owner: TestAccount
beforeAll(async () => {
  here = await region()
  owner = await account()
})

/** The findings about an instance's ledger. Those about its missing bytes do not matter here. */
const about = (findings: Finding[], id: string) =>
  findings
    .filter(({ kind, message, ...finding }) => kind.startsWith('ledger') && (finding.id === id || message.includes(id)))
    .map(({ kind }) => kind)

test('types are added, priced, listed and retired on the command line', async () => {
  expect(await admin(['type', 'add', 'ecs.c1.huge', '8', '16384', '1.28'])).toEqual({
    code: 0,
    out: 'Added the instance type ecs.c1.huge.\n',
    err: '',
  })
  const priced = await admin(['type', 'price', 'ecs.c1.huge', '2.56'])
  expect(priced.out).toMatch(/^An hour of ecs\.c1\.huge costs ¥2\.56 from \d{4}-\d\d-\d\dT\d\d:00:00\.000Z on\.\n$/)
  expect((await admin(['type', 'retire', 'ecs.c1.huge'])).code).toBe(0)
  expect((await admin(['type', 'list'])).out).toMatch(/^ecs\.c1\.huge +8 +16384 +¥1\.28 +¥2\.56 from \S+ +retired$/m)
  expect(JSON.parse((await admin(['type', 'list', '--json'])).out)).toMatchObject([
    { id: 'ecs.c1.huge', amount: 128, retired: true, currency: 'CNY', coming: [{ amount: 256 }] },
  ])
})

test('wrong types and prices are refused with their problem', async () => {
  const tries = [
    admin(['type', 'add', 'ECS', '1', '512', '1']),
    admin(['type', 'price', 'ecs.none', '1']),
    admin(['type', 'price', 'ecs.none', '0.001']),
    admin(['type', 'add', 'ecs.x', '0', '512', '1']),
    admin(['type', 'add', 'ecs.x', '1', '512', '1e3']),
  ]
  const said = (await Promise.all(tries)).map(({ code, err }) => [code, err.split('\n')[0]])
  expect(said).toEqual([
    [1, expect.stringMatching(/^type: An id has lower-case letters/)],
    [1, 'There is no instance type with this id.'],
    [1, 'amount: An amount has no more decimals than its currency.'],
    [2, expect.stringContaining('1 to 256')],
    [2, expect.stringContaining('an amount such as 0.08')],
  ])
})

test('a charged hour is corrected by a further entry, and the correction is recorded', async () => {
  const id = await instance(owner, here, { typeId: await instanceType({ amount: 8 }) })
  await ran(id, at(5), at(10))
  await meterAll()
  const note = 'The host was down.'
  const adjusted = await admin(['ledger', 'adjust', id, '2026-03-10T10:00Z', '-0.08', '--note', note])
  expect(adjusted).toMatchObject({ code: 0, err: '' })
  expect(adjusted.out).toContain(`-¥0.08 to the bill of ${owner.username}`)
  const lines = await db().ledgerEntry.findMany({ where: { instanceId: id }, orderBy: { id: 'asc' } })
  expect(lines).toMatchObject([
    { kind: 'USAGE', amount: 8 },
    { kind: 'ADJUSTMENT', amount: -8, price: 8, hour, accountId: owner.id, currency: 'CNY', note },
  ])
  expect(await db().event.findMany({ where: { action: 'ledger.adjust', instanceId: id } })).toMatchObject([
    {
      actorName: 'operator',
      ownerId: owner.id,
      regionId: here,
      details: { amount: -8, hour: hour.toISOString(), note },
    },
  ])
  const refused = [
    admin(['ledger', 'adjust', id, '2026-03-10T11:00Z', '1', '--note', note]),
    admin(['ledger', 'adjust', id, '2026-03-10T10:30Z', '1', '--note', note]),
    admin(['ledger', 'adjust', id, '2026-03-10T10:00Z', '0', '--note', note]),
    admin(['ledger', 'adjust', id, '2026-03-10T10:00Z', '1']),
  ]
  expect((await Promise.all(refused)).map(({ code }) => code)).toEqual([1, 2, 1, 2])
  expect(await db().ledgerEntry.count({ where: { instanceId: id } })).toBe(2)
})

test('a sound ledger has no finding: closed and open runs, corrections, and an hour that is too recent', async () => {
  const id = await instance(owner, here)
  await ran(id, at(5), at(200))
  await meterAll()
  const { id: _, ...line } = await db().ledgerEntry.findFirstOrThrow({ where: { instanceId: id } })
  await db().ledgerEntry.create({ data: { ...line, kind: 'ADJUSTMENT', amount: -1 } })
  await ran(id, new Date(), new Date(), true)
  expect(about(await verify(), id)).toEqual([])
})

test('an hour of running time without a line is found', async () => {
  const id = await instance(owner, here)
  await ran(id, at(5), at(70))
  expect(about(await verify(), id)).toEqual(['ledger-missing', 'ledger-missing'])
  await meterAll()
  expect(about(await verify(), id)).toEqual([])
})

test('a line without running time, at another price, or for another account is found', async () => {
  const [id, stranger] = [await instance(owner, here), await account()]
  await ran(id, at(5), at(10))
  await meterAll()
  const { id: _, ...line } = await db().ledgerEntry.findFirstOrThrow({ where: { instanceId: id } })
  const later = (hours: number) => ({ ...line, hour: at(60 * hours) })
  const made = [
    await db().ledgerEntry.create({ data: later(3) }),
    await db().ledgerEntry.create({ data: { ...later(4), price: 99, amount: 99 } }),
    await db().ledgerEntry.create({ data: { ...later(5), accountId: stranger.id } }),
  ]
  const found = await verify()
  expect(made.map((each) => found.filter((finding) => finding.id === String(each.id)).map(({ kind }) => kind))).toEqual(
    [['ledger-unproven'], ['ledger-unproven', 'ledger-price'], ['ledger-unproven', 'ledger-account']],
  )
})
