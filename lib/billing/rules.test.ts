import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatAmount, minorDigits } from '@/lib/format'
import { axisTop, dayStarts, decimalOf, hoursLeft, minorOf, monthAfter, monthOf } from './rules'

const hourMs = 3_600_000
const lengths = (month: string, zone: string) => {
  const starts = dayStarts(month, zone).map((start) => start.getTime())
  return starts.slice(1).map((start, index) => (start - (starts[index] ?? 0)) / hourMs)
}

test("days begin at the zone's midnight, also on days of 23 and 25 hours and with an offset of half an hour", () => {
  expect(dayStarts('2026-11', 'Asia/Shanghai')[0]).toEqual(new Date('2026-10-31T16:00:00Z'))
  expect(dayStarts('2026-11', 'Asia/Kolkata')[1]).toEqual(new Date('2026-11-01T18:30:00Z'))
  expect(lengths('2026-02', 'Asia/Shanghai')).toEqual(Array.from({ length: 28 }, () => 24))
  expect(lengths('2026-03', 'Europe/Berlin').filter((hours) => hours !== 24)).toEqual([23])
  expect(lengths('2026-10', 'Europe/Berlin').filter((hours) => hours !== 24)).toEqual([25])
  expect(lengths('2028-02', 'UTC')).toHaveLength(29)
})

test('months follow each other without a gap, and a moment is in the month that contains its day', () => {
  for (const zone of ['Asia/Shanghai', 'America/Santiago', 'Pacific/Kiritimati', 'Pacific/Pago_Pago']) {
    for (const month of ['2026-01', '2026-04', '2026-09', '2026-12']) {
      const starts = dayStarts(month, zone)
      expect(dayStarts(monthAfter(month, 1), zone)[0]).toEqual(starts.at(-1))
      expect(monthOf(starts[0] ?? new Date(0), zone)).toBe(month)
      expect(monthOf(new Date((starts[0]?.getTime() ?? 0) - 1), zone)).toBe(monthAfter(month, -1))
    }
  }
})

test('a forecast counts the hours that begin after the current one and before the end', () => {
  const end = new Date('2026-11-30T16:00:00Z')
  expect(hoursLeft(new Date('2026-11-30T14:00:00Z'), end)).toBe(1)
  expect(hoursLeft(new Date('2026-11-30T14:59:59Z'), end)).toBe(1)
  expect(hoursLeft(new Date('2026-11-30T15:00:00Z'), end)).toBe(0)
  expect(hoursLeft(new Date('2026-12-30T15:00:00Z'), end)).toBe(0)
  // The month ends at half past: the hour that began before counts for it.
  expect(hoursLeft(new Date('2026-11-30T17:10:00Z'), new Date('2026-11-30T18:30:00Z'))).toBe(1)
})

test('the axis ends at or above the largest bar, with four equal steps of whole minor units', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (largest) => {
      const top = axisTop(largest)
      expect(top % 4).toBe(0)
      expect(top).toBeGreaterThanOrEqual(largest)
      expect(top).toBeLessThanOrEqual(Math.max(8, 3 * largest))
    }),
  )
})

test('a largest bar that is itself a round number ends the axis', () => {
  expect([axisTop(400), axisTop(401), axisTop(0)]).toEqual([400, 800, 4])
})

describe('decimals', () => {
  test.each([
    [8, 2, '0.08'],
    [-1234, 2, '-12.34'],
    [5, 0, '5'],
    [1, 3, '0.001'],
    [0, 2, '0.00'],
  ])('%d minor units with %d digits are %s', (minor, digits, text) => expect(decimalOf(minor, digits)).toBe(text))
})

test('amounts have the decimals of their currency', () => {
  expect([formatAmount(8, 'CNY', 'en'), formatAmount(8, 'JPY', 'en'), formatAmount(-1234, 'KWD', 'en')]).toEqual([
    '¥0.08',
    '¥8',
    expect.stringMatching(/^-KWD.1\.234$/),
  ])
  expect(['CNY', 'JPY', 'KWD'].map(minorDigits)).toEqual([2, 0, 3])
})

test.each([
  ['0.08', 2, 8],
  ['-12.34', 2, -1234],
  ['-5', 0, -5],
  ['7', 2, 700],
  ['1.5', 2, 150],
  ['1.234', 3, 1234],
  ['1.234', 2, null],
  ['1.0', 0, null],
])('%s with %d digits is %s minor units', (decimal, digits, minor) => expect(minorOf(decimal, digits)).toBe(minor))
