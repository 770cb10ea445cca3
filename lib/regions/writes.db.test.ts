import { expect, test } from 'vitest'
import { operatorContext } from '@/lib/admin/operator'
import { db } from '@/lib/db/client'
import { noon, region } from '@/lib/testing/builders'
import { regionNameMax } from './rules'
import { createRegion } from './writes'

const operator = () => ({ ...operatorContext(), now: noon })
const invalid = (field: string, problem: string) => ({ ok: false, refusal: { code: 'INVALID_INPUT', field, problem } })
const rows = async (id: string) => await db().region.findMany({ where: { id } })

test('a region stores its names composed and without surrounding space, and its creation time', async () => {
  const id = 'cn-composed'
  const made = await createRegion(operator(), { id, name: ' Cafe\u0301 ', nameZh: ' e\u0301 ' })
  expect(made).toEqual({ ok: true, value: { id, name: 'Café', nameZh: 'é' } })
  expect(await rows(id)).toMatchObject([{ name: 'Café', nameZh: 'é', createdAt: noon }])
})

test.each([undefined, '', '  '])('a region without a Chinese name, %j, has none', async (nameZh) => {
  const id = `cn-${crypto.randomUUID().slice(0, 8)}`
  expect(await createRegion(operator(), { id, name: 'North', ...(nameZh === undefined ? {} : { nameZh }) })).toEqual({
    ok: true,
    value: { id, name: 'North', nameZh: null },
  })
})

test('a malformed id and an empty or long name are refused with their field, and nothing is written', async () => {
  const id = 'cn-refused'
  expect(await createRegion(operator(), { id: 'account', name: 'North' })).toEqual(invalid('id', 'format'))
  expect(await createRegion(operator(), { id, name: '  ' })).toEqual(invalid('name', 'required'))
  const name = 'x'.repeat(regionNameMax)
  expect(await createRegion(operator(), { id, name: `${name}x` })).toEqual(invalid('name', 'too-long'))
  expect(await rows(id)).toEqual([])
  expect(await createRegion(operator(), { id, name: ` ${name} ` })).toMatchObject({ ok: true })
})

test('an existing region is not created again', async () => {
  const id = await region()
  expect(await createRegion(operator(), { id, name: 'Other' })).toEqual({
    ok: false,
    refusal: { code: 'REGION_EXISTS' },
  })
  expect(await rows(id)).toMatchObject([{ name: `Region ${id}` }])
})
