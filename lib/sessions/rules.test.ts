import { expect, test } from 'vitest'
import {
  failuresPerSourceMax,
  failuresPerUsernameMax,
  failureWindowMs,
  isNewPlace,
  placeOf,
  renewedEnd,
  sessionEnd,
  sessionMs,
  signInWait,
} from './rules'

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

test('a known browser waits only for its own failures', () => {
  expect(signInWait(now, failures(9), null)).toBe(0)
  expect(signInWait(now, failures(10), null)).toBe(5_000)
})

test('the wait starts with the last failure and ends to the millisecond', () => {
  expect(signInWait(now, failures(10, 4_999), null)).toBe(1)
  expect(signInWait(now, failures(10, 5_000), null)).toBe(0)
  expect(signInWait(now, failures(10, 5_001), null)).toBe(0)
})

test('the longer of the two waits counts', () => {
  expect(signInWait(now, failures(10), failures(103))).toBe(40_000)
  expect(signInWait(now, failures(13), failures(100))).toBe(40_000)
})

test('no number of failures locks an account out', () => {
  expect(signInWait(now, failures(Number.MAX_SAFE_INTEGER), failures(Number.MAX_SAFE_INTEGER))).toBe(60_000)
  expect([failuresPerSourceMax, failuresPerUsernameMax]).toEqual([10, 100])
})

const hour = 60 * 60 * 1000
const after = (ms: number) => new Date(now.getTime() + ms)

test('a session lasts 12 hours from its last use, and never longer than its maximum', () => {
  expect(sessionEnd(after(5 * hour), now, 100 * hour)).toEqual(after(17 * hour))
  expect(sessionEnd(after(5 * hour), now, 8 * hour)).toEqual(after(8 * hour))
})

test.each([
  ['used a moment ago', 0, 100, null],
  ['used for less than an hour', 0.99, 100, null],
  ['used for an hour', 1, 100, 13],
  ['used in its last minute', 11.99, 100, 23.99],
  ['as far as it can last', 3, 14, 14],
  ['at its maximum already', 3, 12, null],
])('a session that was %s is renewed accordingly', (_, usedAfter, max, renewed) => {
  const times = { createdAt: now, expiresAt: after(sessionMs) }
  expect(renewedEnd(after(usedAfter * hour), times, max * hour)).toEqual(renewed && after(renewed * hour))
})

test('a session in constant use is renewed up to its maximum', () => {
  let times = { createdAt: now, expiresAt: after(12 * hour) }
  for (let used = 0; used < 50 * hour; used += hour / 6) {
    const renewed = renewedEnd(after(used), times, 48 * hour)
    if (renewed) times = { ...times, expiresAt: renewed }
  }
  expect(times.expiresAt).toEqual(after(48 * hour))
})

test('failures count for a quarter of an hour', () => expect(failureWindowMs).toBe(900_000))

test('a place is an IPv4 /24 or an IPv6 /48, however the address is written', () => {
  expect(placeOf('203.0.113.77')).toBe('203.0.113.0/24')
  expect(placeOf('::ffff:203.0.113.9')).toBe('203.0.113.0/24')
  expect(placeOf('2001:DB8:0abc:1::5')).toBe('2001:db8:abc::/48')
  expect(placeOf('2001:db8::5')).toBe('2001:db8:0::/48')
  expect(placeOf('::1')).toBe('0:0:0::/48')
  expect(placeOf(null)).toBeNull()
})

test('an account is notified of a sign-in by an unknown browser from a new place, except for its first sign-in', () => {
  const facts = { isKnownBrowser: false, isKnownPlace: false, hasPlaces: true }
  expect(isNewPlace(facts)).toBe(true)
  for (const known of [{ isKnownBrowser: true }, { isKnownPlace: true }, { hasPlaces: false }])
    expect(isNewPlace({ ...facts, ...known })).toBe(false)
})
