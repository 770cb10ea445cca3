import { expect, test } from 'vitest'
import { isSameOperation, operationsOf } from './rules'

test('consecutive events with the same action, account and time are one operation, and no others', () => {
  const event = (action: string, second: number, actor: string) => ({
    action,
    at: `2026-01-01T00:00:0${second}Z`,
    actor,
  })
  const share = event('share.create', 3, 'harbour')
  const events = [
    share,
    share,
    event('share.create', 3, 'ops'),
    event('share.cancel', 3, 'ops'),
    event('share.cancel', 2, 'ops'),
  ]
  expect(operationsOf(events).map((operation) => operation.length)).toEqual([2, 1, 1, 1])
  expect(operationsOf([])).toEqual([])
  expect(isSameOperation(undefined, share)).toBe(false)
})
