import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { issuedBy } from '@/lib/bench/share-statements'
import { db } from '@/lib/db/client'
import { advisoryLocks } from '@/lib/db/locks'
import { inTransaction } from '@/lib/db/transaction'
import { ok } from '@/lib/result'
import { account, image, noon, nth, race, region, type TestAccount } from '@/lib/testing/builders'
import { instance, instanceType, machineHost, ran } from '@/lib/testing/builders-instances'
import { hoursAtOnce, meterAll, meterRuns } from './writes'

const hourMs = 3_600_000
const at = (time: string) => new Date(`2026-03-10T${time}Z`)

let here: string
let owner: TestAccount
let hostId: string
let imageId: string
beforeAll(async () => {
  here = await region()
  owner = await account()
  hostId = await machineHost()
  imageId = await image(owner, here)
})

const running = async (typeId?: string) => await instance(owner, here, { hostId, imageId, typeId })
const linesOf = async (instanceId: string) =>
  await db().ledgerEntry.findMany({ where: { instanceId }, orderBy: { hour: 'asc' } })
const hoursOf = async (instanceId: string) =>
  (await linesOf(instanceId)).map(({ hour }) => hour.toISOString().slice(11, 16))

/** Simulates a worker that dies in the middle of metering. */
async function meterAndDie(): Promise<void> {
  const dying = inTransaction(async (tx) => {
    await meterRuns(tx)
    throw new Error('The worker is dead.')
  })
  await expect(dying).rejects.toThrow('dead')
}

test.each([
  {
    from: '10:00:00.000',
    to: '11:00:00.000',
    hours: ['10:00'],
    why: 'an hour that a run only touches at its end is not begun',
  },
  { from: '10:59:59.999', to: '11:00:00.001', hours: ['10:00', '11:00'], why: 'a millisecond begins an hour' },
  { from: '10:00:00.000', to: '10:00:00.000', hours: ['10:00'], why: 'a run of no length costs its hour' },
  {
    from: '10:20:00.000',
    to: '13:10:00.000',
    hours: ['10:00', '11:00', '12:00', '13:00'],
    why: 'each hour has a line',
  },
])('from $from to $to: $why', async ({ from, to, hours }) => {
  const id = await running()
  await ran(id, at(from), at(to))
  await meterAll()
  expect(await hoursOf(id)).toEqual(hours)
  expect((await linesOf(id)).map((line) => line.from)).toEqual([
    at(from),
    ...hours.slice(1).map((hour) => at(`${hour}:00.000`)),
  ])
  expect((await linesOf(id)).map((line) => line.to.getTime() - line.hour.getTime())).toEqual(hours.map(() => hourMs))
})

test("a line has everything that its price depends on, and the master account pays for a sub-account's instance", async () => {
  const [sharer, sub] = [await account(), await account({ master: owner })]
  const typeId = await instanceType({ amount: 16, vcpus: 2, memoryMib: 2048 })
  const shared = await image(sharer, here, { name: 'base' })
  const id = await instance(sub, here, { hostId, typeId, imageId: shared, name: 'api' })
  await ran(id, at('10:15:00.000'), at('10:20:00.000'))
  await meterAll()
  await db().instance.update({ where: { id }, data: { name: 'renamed' } })
  expect(await linesOf(id)).toMatchObject([
    {
      kind: 'USAGE',
      accountId: owner.id,
      accountName: owner.username,
      regionId: here,
      instanceName: 'api',
      typeId,
      vcpus: 2,
      memoryMib: 2048,
      imageId: shared,
      imageName: 'base',
      imageOwnerId: sharer.id,
      imageOwnerName: sharer.username,
      price: 16,
      amount: 16,
      currency: 'CNY',
    },
  ])
  expect(await db().ledgerEntry.count({ where: { accountId: sharer.id } })).toBe(0)
})

test('several starts in one hour cost it once, with the type that ran first in it', async () => {
  const [cheap, dear] = [await instanceType({ amount: 1 }), await instanceType({ amount: 100 })]
  const id = await running(cheap)
  for (const minute of ['05', '15', '25']) await ran(id, at(`10:${minute}:00.000`), at(`10:${minute}:30.000`))
  await db().instance.update({ where: { id }, data: { typeId: dear } })
  await ran(id, at('10:45:00.000'), at('11:00:01.000'))
  await meterAll()
  expect((await linesOf(id)).map(({ amount }) => amount)).toEqual([1, 100])
})

test('a run that ends after it was metered is metered to its end, and metered hours are not read again', async () => {
  const id = await running()
  await ran(id, at('10:15:00.000'), at('10:20:00.000'), true)
  expect(await meterRuns()).toBe(1)
  expect(await meterRuns()).toBe(0)
  await db().instanceRun.updateMany({ where: { instanceId: id }, data: { to: at('12:30:00.000'), isOpen: false } })
  expect(await meterRuns()).toBe(1)
  expect(await hoursOf(id)).toEqual(['10:00', '11:00', '12:00'])
  expect(await meterRuns()).toBe(0)
})

test('an hour that has not begun is not charged, even if a fast clock has recorded it', async () => {
  const id = await running()
  const now = Date.now()
  await ran(id, new Date(now), new Date(now + 50 * 365 * 24 * hourMs))
  await ran(id, new Date(now + 5 * hourMs), new Date(now + 6 * hourMs))
  await meterAll()
  const count = (await linesOf(id)).length
  // The hour may change while the test runs.
  expect([1, 2]).toContain(count)
  await db().instanceRun.deleteMany({ where: { instanceId: id } })
})

test('a long backlog is metered in statements of bounded size', async () => {
  const id = await running()
  await ran(id, at('00:00:00.000'), new Date(at('00:00:00.000').getTime() + 100 * hourMs))
  const issued = await issuedBy(async () => await meterAll())
  expect(await db().ledgerEntry.count({ where: { instanceId: id } })).toBe(100)
  expect(issued).toHaveLength(Math.ceil(100 / hoursAtOnce) + 1)
})

test('many concurrent meterings, some of which die, write each hour once and lose none', async () => {
  const ids = await Promise.all(Array.from({ length: 40 }, () => running()))
  for (const id of ids) {
    await ran(id, at('08:10:00.000'), at('09:10:00.000'))
    await ran(id, at('09:20:00.000'), at('12:10:00.000'))
  }
  await race(10, async (index) => await (index % 3 === 0 ? meterAndDie() : meterAll()))
  await meterAll()
  const lines = await db().ledgerEntry.groupBy({ by: ['instanceId'], where: { instanceId: { in: ids } }, _count: true })
  expect(lines.map(({ _count }) => _count)).toEqual(ids.map(() => 5))
})

test('the first line fixes the currency: a changed setting has no effect, and the database refuses another currency', async () => {
  const id = await running()
  await ran(id, at('10:00:00.000'), at('10:20:00.000'))
  await meterAll()
  const [{ id: _, ...line }] = [nth(await linesOf(id), 0)]
  const other = { ...line, hour: at('20:00:00.000'), currency: 'EUR' }
  await expect(db().ledgerEntry.create({ data: other })).rejects.toThrow('one currency')
  await expect(db().ledgerEntry.updateMany({ where: { instanceId: id }, data: { amount: 0 } })).rejects.toThrow()
})

test('the ledger has its own lock: lines are written while a process owns the machines', async () => {
  const id = await running()
  await ran(id, at('10:00:00.000'), at('10:20:00.000'))
  const held = [advisoryLocks.space, advisoryLocks.host]
  await inTransaction(async (tx) => {
    await tx.$queryRaw`SELECT pg_advisory_xact_lock(n)::text FROM unnest(${held}::int[]) n`
    await meterAll()
    return ok(null)
  })
  expect(await hoursOf(id)).toEqual(['10:00'])
  const [trigger] = await db().$queryRaw<
    { text: string }[]
  >`SELECT prosrc AS text FROM pg_proc WHERE proname = 'lock_ledger'`
  expect(trigger?.text).toContain(`(${advisoryLocks.ledger})`)
})

test('an hour of 10,000 instances is metered by one statement', async () => {
  const one = await running()
  const columns = Object.keys(await db().instance.findUniqueOrThrow({ where: { id: one } })).filter(
    (name) => name !== 'id',
  )
  const copied = columns.map((name) => `"${name}"`).join()
  await db().$executeRawUnsafe(`INSERT INTO "Instance" (id, ${copied}) SELECT 'ins-many' || n, ${copied} FROM "Instance",
    generate_series(1, 10000) n WHERE id = '${one}'`)
  await db().$executeRaw`
    INSERT INTO "InstanceRun" ("instanceId", "from", "to", "isOpen", "typeId")
    SELECT id, ${noon}, ${noon}, true, "typeId" FROM "Instance" WHERE id LIKE 'ins-many%'`
  const issued = await issuedBy(async () => expect(await meterRuns()).toBe(10_000))
  expect(issued).toHaveLength(1)
  expect(await db().ledgerEntry.count({ where: { instanceId: { startsWith: 'ins-many' } } })).toBe(10_000)
})

// The model: an instance has a line for each hour of which one of its runs has a moment, at the price of that hour.

type Run = { from: number; to: number }
type World = { now: number; latest: number; runs: Run[]; open: Run | null; prices: { from: number; amount: number }[] }

const hourOf = (ms: number) => ms - (ms % hourMs)
function expectedLines({ runs, prices }: World): { hour: number; amount: number }[] {
  const hours = new Set<number>()
  for (const { from, to } of runs)
    for (let hour = hourOf(from); hour < to || hour === hourOf(from); hour += hourMs) hours.add(hour)
  const priceOf = (hour: number) => prices.filter(({ from }) => from <= hour).at(-1)?.amount ?? -1
  return [...hours].sort((a, b) => a - b).map((hour) => ({ hour, amount: priceOf(hour) }))
}

type Step =
  | { do: 'start' | 'stop' | 'kill' | 'meter' | 'meterTwice' | 'meterAndDie' }
  | { do: 'run' | 'jump'; ms: number }
  | { do: 'price'; amount: number }

const plain = (word: 'start' | 'stop' | 'kill' | 'meter' | 'meterTwice' | 'meterAndDie') =>
  fc.constant<Step>({ do: word })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: plain('start') },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 3 * hourMs }).map((ms): Step => ({ do: 'run', ms })) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'run', ms: hourMs }, { do: 'run', ms: hourMs / 2 }) },
  { weight: 2, arbitrary: plain('stop') },
  { weight: 2, arbitrary: plain('kill') },
  { weight: 2, arbitrary: fc.integer({ min: -5 * hourMs, max: 5 * hourMs }).map((ms): Step => ({ do: 'jump', ms })) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 99 }).map((amount): Step => ({ do: 'price', amount })) },
  ...(['meter', 'meterTwice', 'meterAndDie'] as const).map((word) => ({ weight: 2, arbitrary: plain(word) })),
)

async function take(taken: Step, world: World, { id, typeId }: { id: string; typeId: string }): Promise<void> {
  const { open } = world
  const write = async (isOpen: boolean) =>
    open &&
    (await db().instanceRun.update({
      where: { instanceId_from: { instanceId: id, from: new Date(open.from) } },
      data: { to: new Date(open.to), isOpen },
    }))
  if (taken.do === 'meter') await meterRuns()
  else if (taken.do === 'meterTwice') await Promise.all([meterRuns(), meterRuns()])
  else if (taken.do === 'meterAndDie') await meterAndDie()
  else if (taken.do === 'jump') world.now += taken.ms
  else if (taken.do === 'price') {
    // As for an operator, a price begins with an hour that no run has reached yet.
    const from = hourOf(world.latest) + hourMs
    if (world.prices.at(-1)?.from === from) return
    world.prices.push({ from, amount: taken.amount })
    await db().instancePrice.create({ data: { typeId, validFrom: new Date(from), amount: taken.amount } })
  } else if (taken.do === 'start') {
    if (open || world.runs.some(({ from }) => from === world.now)) return
    world.open = { from: world.now, to: world.now }
    world.runs.push(world.open)
    await ran(id, new Date(world.now), new Date(world.now), true)
  } else if (taken.do === 'run') {
    world.now += taken.ms
    if (open) open.to = Math.max(open.to, world.now)
    await write(true)
  } else {
    // A killed machine keeps its last proven time; a stopped one is proven until its stop.
    if (open && taken.do === 'stop') open.to = Math.max(open.to, world.now)
    await write(false)
    world.open = null
  }
  world.latest = Math.max(world.latest, world.now, world.open?.to ?? 0)
}

test('after random starts, stops, deaths and clock jumps, each hour with running time has one line at its price', async () => {
  const scenario = fc.array(step, { minLength: 5, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(scenario, async (steps) => {
      const typeId = await instanceType({ amount: 7 })
      const id = await running(typeId)
      const now = at('10:30:00.000').getTime()
      const world: World = { now, latest: now, runs: [], open: null, prices: [{ from: 0, amount: 7 }] }
      for (const taken of steps) await take(taken, world, { id, typeId })
      await Promise.all([meterAll(), meterAll()])
      const lines = await linesOf(id)
      expect(lines.map(({ hour, amount }) => ({ hour: hour.getTime(), amount }))).toEqual(expectedLines(world))
      for (const line of lines) {
        const moments = world.runs.map(({ from }) => Math.max(from, line.hour.getTime()))
        expect(moments).toContain(line.from.getTime())
      }
      expect(await meterRuns()).toBe(0)
    }),
    { numRuns: 60 },
  )
})
