import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { watchPanic } from './keeper/panic.mjs'

// QEMU 7.2's events for guests that crash. Real guests are in guests.test.ts.

const onStuck = vi.fn()
beforeEach(() => {
  vi.useFakeTimers()
  onStuck.mockReset()
})
afterEach(() => {
  vi.useRealTimers()
})
const begin = () => watchPanic({ patienceMs: 90_000, onStuck })
const [own, asked] = [{ guest: true }, { guest: false }]

test('a guest that reboots in time is not stuck, and its crash is reported', () => {
  const panic = begin()
  expect(panic.hear('GUEST_PANICKED', {})).toBe(true)
  vi.advanceTimersByTime(89_999)
  expect(panic.hear('RESET', own)).toBe(true)
  vi.advanceTimersByTime(90_000)
  expect([panic.isStuck(), panic.hasRestarted(), onStuck.mock.calls.length]).toEqual([false, true, 0])
  // A further reboot changes nothing; a reset by request clears the crash.
  panic.hear('RESET', own)
  expect(panic.hasRestarted()).toBe(true)
  panic.hear('RESET', asked)
  expect(panic.hasRestarted()).toBe(false)
})

test('a guest that hangs is stuck once, whatever it reports later', () => {
  const panic = begin()
  panic.hear('GUEST_PANICKED', {})
  vi.advanceTimersByTime(50_000)
  // A repeated report neither extends the time nor counts.
  expect(panic.hear('GUEST_PANICKED', {})).toBe(false)
  vi.advanceTimersByTime(39_999)
  expect(panic.isStuck()).toBe(false)
  vi.advanceTimersByTime(1)
  expect(panic.isStuck()).toBe(true)
  expect(panic.hear('GUEST_PANICKED', {})).toBe(false)
  // Stopping has no effect on a guest that waits for disk space, and it must not continue once there is some.
  expect(['paused', 'io-error', 'running'].map(panic.statusOf)).toEqual(['guest-panicked', 'guest-panicked', 'running'])
  vi.advanceTimersByTime(500_000)
  expect([panic.isStuck(), onStuck.mock.calls.length]).toEqual([true, 1])
})

test('each crash has its own time', () => {
  const panic = begin()
  panic.hear('GUEST_PANICKED', {})
  vi.advanceTimersByTime(50_000)
  panic.hear('RESET', own)
  expect(['paused', 'io-error'].map(panic.statusOf)).toEqual(['paused', 'io-error'])
  expect(panic.hear('GUEST_PANICKED', {})).toBe(true)
  vi.advanceTimersByTime(89_999)
  expect(panic.isStuck()).toBe(false)
  vi.advanceTimersByTime(1)
  expect([panic.isStuck(), onStuck.mock.calls.length]).toEqual([true, 1])
})

test('a guest that restarts without a crash, and other events, mean nothing', () => {
  const panic = begin()
  expect(panic.hear('RESET', own)).toBe(true)
  expect(panic.hasRestarted()).toBe(false)
  expect(panic.hear('SHUTDOWN', own)).toBe(false)
  panic.hear('GUEST_PANICKED', {})
  panic.hear('RESET', asked)
  vi.advanceTimersByTime(500_000)
  expect([panic.isStuck(), panic.hasRestarted(), onStuck.mock.calls.length]).toEqual([false, false, 0])
})
