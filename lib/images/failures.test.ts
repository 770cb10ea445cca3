import { expect, test } from 'vitest'
import { failureCodes } from './rules'
import { imageFailure } from './schema'

test('a stored failure is read unchanged, and an unknown code of another version is kept in its facts', () => {
  for (const code of failureCodes) expect(imageFailure.parse({ code }).code).toBe(code)
  const older = imageFailure.parse({ code: 'INTERRUPTED', facts: { tries: 2 } })
  expect(older).toEqual({ code: 'UNKNOWN', facts: { tries: 2, code: 'INTERRUPTED' } })
})
