import { expect, test } from 'vitest'
import { failuresPerSourceMax, failuresPerUsernameMax, signInWait } from './rules'

const now = new Date('2026-03-10T04:00:00.000Z')
const none = { count: 0, lastAt: null }
const failures = (count: number, msAgo = 0) => ({ count, lastAt: new Date(now.getTime() - msAgo) })

test.each([
  [9, 0],
  [10, 5_000],
  [11, 10_000],
  [12, 20_000],
  [13, 40_000],
  [14, 60_000],
  [1000, 60_000],
])('after %i failures from one source the next try waits %i ms', (count, wait) => {
  expect(signInWait(now, failures(count), failures(count))).toBe(wait)
})

test.each([
  [99, 0],
  [100, 5_000],
  [101, 10_000],
  [104, 60_000],
  [100_000, 60_000],
])('after %i failures from everywhere a try from a new place waits %i ms', (count, wait) => {
  expect(signInWait(now, none, failures(count))).toBe(wait)
})

test('a browser that is known waits for its own failures alone', () => {
  expect(signInWait(now, failures(9), null)).toBe(0)
  expect(signInWait(now, failures(10), null)).toBe(5_000)
})

test('the wait runs from the last failure and is over to the millisecond', () => {
  expect(signInWait(now, failures(10, 4_999), null)).toBe(1)
  expect(signInWait(now, failures(10, 5_000), null)).toBe(0)
  expect(signInWait(now, failures(10, 5_001), null)).toBe(0)
})

test('the longer of the two waits counts', () => {
  expect(signInWait(now, failures(10), failures(103))).toBe(40_000)
  expect(signInWait(now, failures(13), failures(100))).toBe(40_000)
})

test('no number of failures locks anybody out', () => {
  expect(signInWait(now, failures(Number.MAX_SAFE_INTEGER), failures(Number.MAX_SAFE_INTEGER))).toBe(60_000)
  expect([failuresPerSourceMax, failuresPerUsernameMax]).toEqual([10, 100])
})
