import { expect, test } from 'vitest'
import { failureCodes } from './rules'
import { imageFailure } from './schema'

test('a failure that is stored is read as it was, and one of another version is named', () => {
  for (const code of failureCodes) expect(imageFailure.parse({ code }).code).toBe(code)
  const older = imageFailure.parse({ code: 'INTERRUPTED', facts: { tries: 2 } })
  expect(older).toEqual({ code: 'UNKNOWN', facts: { tries: 2, code: 'INTERRUPTED' } })
})
