import { describe, expect, it, test } from 'vitest'
import { isOurs, isTriedAgain, leaseMs, leaseRenewMs, queueMs, refuseCancel } from './rules'

const first = { isLastTry: false }
const last = { isLastTry: true }

test.each([
  ['BUSY', 'as often as it takes'],
  ['READ_ONLY', 'as often as it takes'],
  ['STORE_UNREACHABLE', 'until the tries are used up'],
  ['FAULT', 'until the tries are used up'],
  // A refusal that is not in the table is a fault of the console.
  ['REGION_NOT_FOUND', 'until the tries are used up'],
  ['STORE_REFUSED', 'never'],
  ['BYTES_QUOTA_FULL', 'never'],
  ['STORE_FULL', 'never'],
  ['COPY_SOURCE_GONE', 'never'],
  ['COPY_SOURCE_DAMAGED', 'never'],
  ['IMAGE_BUSY', 'never'],
  ['DISK_REFUSED', 'never'],
  ['IMAGE_TOO_LARGE', 'never'],
  ['CHECKSUM_MISMATCH', 'never'],
  ['SIGNED_OUT', 'never'],
] as const)('a transfer with the error %s is retried %s', (code, often) => {
  expect(isTriedAgain(code, first)).toBe(often !== 'never')
  expect(isTriedAgain(code, last)).toBe(often === 'as often as it takes')
})

test('errors of the disk or its sender are not ours, and all others are', () => {
  const ours = [
    'FAULT',
    'BUSY',
    'READ_ONLY',
    'STORE_UNREACHABLE',
    'STORE_REFUSED',
    'STORE_FULL',
    'COPY_SOURCE_GONE',
  ] as const
  expect(ours.filter((code) => !isOurs(code))).toEqual([])
  expect((['COPY_SOURCE_DAMAGED', 'IMAGE_BUSY', 'REGION_NOT_FOUND'] as const).filter((code) => !isOurs(code))).toEqual(
    [],
  )
  const theirs = ['DISK_REFUSED', 'IMAGE_TOO_LARGE', 'CHECKSUM_MISMATCH', 'SIGNED_OUT', 'BYTES_QUOTA_FULL'] as const
  expect(theirs.filter(isOurs)).toEqual([])
})

test('a lease lasts six renewals, and a queued transfer waits ten minutes', () => {
  expect([leaseRenewMs, leaseMs, queueMs]).toEqual([10_000, 60_000, 600_000])
})

describe('a transfer', () => {
  it.each(['importing', 'copying'])('is cancelled while its image is %s', (state) => {
    expect(refuseCancel({ state })).toBeNull()
  })

  it.each(['available', 'failed', 'deleting', 'deleted'])('is not cancelled once its image is %s', (state) => {
    expect(refuseCancel({ state })).toEqual({ code: 'IMAGE_BUSY', state })
  })
})
