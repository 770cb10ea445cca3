import { expect, test } from 'vitest'
import { patienceLeft, requestPatienceMs } from './patience'

test('a late read of a page still gets a second, and no page waits longer than that beyond its limit', () => {
  expect(patienceLeft(0)).toBe(requestPatienceMs)
  expect(patienceLeft(requestPatienceMs - 1_500)).toBe(1_500)
  for (const passedMs of [requestPatienceMs - 5, requestPatienceMs, 60_000]) expect(patienceLeft(passedMs)).toBe(1_000)
})
