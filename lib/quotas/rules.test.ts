import { expect, test } from 'vitest'
import {
  bytesQuotaDefault,
  imageQuotaDefault,
  refuseBytesQuota,
  refuseBytesQuotaChange,
  refuseImageQuota,
  refuseQuotaChange,
  refuseRoom,
} from './rules'

test.each([
  [49, 50, false],
  [50, 50, true],
  [51, 50, true],
  [0, 0, true],
])('with %i of %i places used, a new image is refused: %s', (used, quota, isRefused) => {
  const refusal = { code: 'IMAGE_QUOTA_FULL', used, quota, region: 'cn-a' }
  expect(refuseImageQuota({ used, quota, region: 'cn-a' })).toEqual(isRefused ? refusal : null)
})

test.each([
  [5, 6, false, null],
  [5, 5, false, null],
  [5, 4, false, { code: 'QUOTA_BELOW_USE', used: 5 }],
  [5, 4, true, null],
  [0, 0, false, null],
])('with %i used, a quota of %i (forced: %s) is answered %o', (used, quota, forced, refusal) => {
  expect(refuseQuotaChange({ used, quota, forced })).toEqual(refusal)
})

test.each([
  [90, 100, 10, false],
  [90, 100, 11, true],
  [0, 100, 100, false],
  [0, 100, 101, true],
  [100, 100, 0, false],
  // Over the quota, because the operator lowered it.
  [120, 100, 0, true],
  [0, 0, 1, true],
])('with %i of %i bytes used, %i more are refused: %s', (used, quota, asked, isRefused) => {
  const refusal = { code: 'BYTES_QUOTA_FULL', used, quota, asked, region: 'cn-a' }
  expect(refuseBytesQuota({ used, quota, asked, region: 'cn-a' })).toEqual(isRefused ? refusal : null)
})

test.each([
  [100, 0, 100, false],
  [100, 0, 101, true],
  [100, 60, 40, false],
  [100, 60, 41, true],
  // The reserve is cut into already.
  [-1, 0, 1, true],
])(
  'with %i bytes free beside the reserve and %i promised, %i more are refused: %s',
  (free, promised, asked, isRefused) => {
    const refusal = { code: 'STORE_FULL', region: 'cn-a' }
    expect(refuseRoom({ free, promised, asked, region: 'cn-a' })).toEqual(isRefused ? refusal : null)
  },
)

test('a bytes quota below what is used must be meant', () => {
  const facts = { used: 5, quota: 4, forced: false }
  expect(refuseBytesQuotaChange(facts)).toEqual({ code: 'BYTES_QUOTA_BELOW_USE', used: 5 })
  expect(refuseBytesQuotaChange({ ...facts, quota: 5 })).toBeNull()
  expect(refuseBytesQuotaChange({ ...facts, forced: true })).toBeNull()
})

test('an account has 50 images and 200 GiB in a region unless the operator says otherwise', () => {
  expect([imageQuotaDefault, bytesQuotaDefault]).toEqual([50, 214_748_364_800])
})
