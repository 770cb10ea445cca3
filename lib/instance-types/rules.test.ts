import { expect, test } from 'vitest'
import { firstTypes, isTypeId, memoryMibMax, typeIdMax } from './rules'

test.each(['ecs.t1.micro', 'a', 'gpu-1.x', 'x'.repeat(typeIdMax)])('%s is the id of a type', (id) => {
  expect(isTypeId(id)).toBe(true)
})

test.each(['', 'ECS.t1', '1a', 'a..b', 'a.', '.a', 'a b', 'a/b', 'a\n', 'x'.repeat(typeIdMax + 1)])(
  '%j is not the id of a type',
  (id) => expect(isTypeId(id)).toBe(false),
)

test('the initial types have valid ids, and larger ones cost more', () => {
  expect(firstTypes.filter(({ id }) => !isTypeId(id))).toEqual([])
  const amounts: number[] = firstTypes.map(({ amount }) => amount)
  expect(amounts).toEqual([4, 8, 16, 32, 64])
})

test('a type has at most 4 TiB of memory', () => expect(memoryMibMax * 2 ** 20).toBe(4 * 2 ** 40))
