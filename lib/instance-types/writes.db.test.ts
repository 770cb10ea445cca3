import { expect, test } from 'vitest'
import { operatorContext } from '@/lib/admin/operator'
import { db } from '@/lib/db/client'
import { noon, race, tally } from '@/lib/testing/builders'
import { instanceType } from '@/lib/testing/builders-instances'
import { listComingPrices, listInstanceTypes } from './reads'
import { firstTypes } from './rules'
import { addInstanceType, retireInstanceType, seedInstanceTypes, setInstancePrice } from './writes'

const hourMs = 3_600_000
const eventsOf = async (type: string) => {
  const events = await db().event.findMany({ where: { action: { startsWith: 'type.' } }, orderBy: { id: 'asc' } })
  return events
    .map(({ action, details }) => ({ action, details }))
    .filter((event) => JSON.stringify(event).includes(type))
}

// Must be the first test of the file: the others add types.
test('several workers that start at once add the initial types once, and none if the operator has added types', async () => {
  await race(8, async () => await seedInstanceTypes(noon))
  expect(await listInstanceTypes()).toEqual(firstTypes.map((type) => ({ ...type, retired: false })))
  expect(await db().instancePrice.count()).toBe(firstTypes.length)
  const own = await instanceType()
  await db().instanceType.updateMany({ where: { NOT: { id: own } }, data: { retiredAt: noon } })
  await seedInstanceTypes(noon)
  expect(await db().instanceType.count()).toBe(firstTypes.length + 1)
})

test('types are listed cheapest first with their current price, retired ones included', async () => {
  const [dear, cheap] = [await instanceType({ amount: 1_000_001 }), await instanceType({ amount: 1_000_000 })]
  const yesterday = new Date(Date.now() - 24 * hourMs)
  yesterday.setUTCMinutes(0, 0, 0)
  await db().instancePrice.create({ data: { typeId: dear, validFrom: yesterday, amount: 1_000_002 } })
  await setInstancePrice(operatorContext(), { type: cheap, amount: 5_000_000 })
  await retireInstanceType(operatorContext(), cheap)
  expect((await listInstanceTypes()).filter(({ id }) => id === dear || id === cheap)).toMatchObject([
    { id: cheap, amount: 1_000_000, retired: true },
    { id: dear, amount: 1_000_002, retired: false },
  ])
})

test('a price holds from the next full hour on, can be replaced until then, and leaves earlier hours alone', async () => {
  const type = await instanceType({ amount: 8 })
  const began = Date.now()
  expect(tally(await race(10, (n) => setInstancePrice(operatorContext(), { type, amount: 100 + n })))).toEqual({
    ok: 10,
  })
  const last = await setInstancePrice(operatorContext(), { type, amount: 9 })
  const coming = (await listComingPrices()).filter((price) => price.type === type)
  expect(last).toEqual({ ok: true, value: coming[0] })
  expect(coming).toHaveLength(1)
  const from = new Date(coming[0]?.from ?? '')
  expect(from.getTime() % hourMs).toBe(0)
  expect(from.getTime()).toBeGreaterThan(began)
  expect(from.getTime() - Date.now()).toBeLessThanOrEqual(hourMs)
  expect((await listInstanceTypes()).find(({ id }) => id === type)?.amount).toBe(8)
})

test('a price that has begun cannot be changed, not even by SQL', async () => {
  const type = await instanceType()
  await expect(db().instancePrice.updateMany({ where: { typeId: type }, data: { amount: 0 } })).rejects.toThrow()
  await expect(db().instancePrice.deleteMany({ where: { typeId: type } })).rejects.toThrow()
  const half = new Date('2999-01-01T00:30:00.000Z')
  await expect(db().instancePrice.create({ data: { typeId: type, validFrom: half, amount: 1 } })).rejects.toThrow()
})

test("the operator's changes of types are recorded, and operations without a change are not", async () => {
  const type = 'ecs.z1.recorded'
  const input = { type, vcpus: 2, memoryMib: 1024, amount: 20 }
  expect(tally(await race(5, () => addInstanceType(operatorContext(), input)))).toEqual({
    ok: 1,
    INSTANCE_TYPE_EXISTS: 4,
  })
  const priced = await setInstancePrice(operatorContext(), { type, amount: 30 })
  for (const _ of [1, 2]) expect(await retireInstanceType(operatorContext(), type)).toMatchObject({ ok: true })
  expect(await eventsOf(type)).toEqual([
    { action: 'type.add', details: input },
    { action: 'type.price', details: { type, amount: 30, from: priced.ok ? priced.value.from : '' } },
    { action: 'type.retire', details: { type } },
  ])
})

test('an unknown type gets no price and is not retired', async () => {
  const [type, ctx] = ['ecs.z1.none', operatorContext()]
  const absent = { ok: false, refusal: { code: 'INSTANCE_TYPE_NOT_FOUND' } }
  expect(await setInstancePrice(ctx, { type, amount: 1 })).toEqual(absent)
  expect(await retireInstanceType(ctx, type)).toEqual(absent)
  expect(await eventsOf(type)).toEqual([])
})
