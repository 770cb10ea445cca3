import { expect, test } from 'vitest'
import type { ImageStateName } from '@/lib/images/rules'
import { refuseCopy, refuseRetryCopy } from './rules'

/** Whether an image can be copied, and whether it can be retried if it is a copy. */
const states = {
  available: [true, false],
  failed: [false, true],
  importing: [false, false],
  copying: [false, false],
  deleting: [false, false],
  deleted: [false, false],
} satisfies Record<ImageStateName, [boolean, boolean]>

test.each(Object.entries(states))(
  'whether an image that is %s can be copied, or retried as a copy: %j',
  (state, [copied, retried]) => {
    const copy = refuseCopy({ image: { regionId: 'cn-a', state }, targetRegion: 'cn-b' })
    expect(copy).toEqual(copied ? null : { code: 'IMAGE_NOT_AVAILABLE', state })
    expect(refuseRetryCopy({ state, source: 'COPY', copyOfId: 'img-0' })).toEqual(
      retried ? null : { code: 'IMAGE_BUSY', state },
    )
  },
)

test('a copy goes to another region, and the state is checked first', () => {
  const same = { code: 'INVALID_INPUT', field: 'targetRegion', problem: 'same-region' }
  expect(refuseCopy({ image: { regionId: 'cn-a', state: 'available' }, targetRegion: 'cn-a' })).toEqual(same)
  const failed = { code: 'IMAGE_NOT_AVAILABLE', state: 'failed' }
  expect(refuseCopy({ image: { regionId: 'cn-a', state: 'failed' }, targetRegion: 'cn-a' })).toEqual(failed)
})

test('a failed import cannot be retried as a copy', () => {
  const busy = { code: 'IMAGE_BUSY', state: 'failed' }
  expect(refuseRetryCopy({ state: 'failed', source: 'IMPORT', copyOfId: null })).toEqual(busy)
  expect(refuseRetryCopy({ state: 'failed', source: 'COPY', copyOfId: null })).toEqual(busy)
  // A clean copy is retried as such.
  expect(refuseRetryCopy({ state: 'failed', source: 'CLEAN', copyOfId: 'img-0' })).toEqual(busy)
})
