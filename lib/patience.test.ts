import { expect, test } from 'vitest'
import { patienceLeft, requestPatienceMs } from './patience'

test('what a page asks for late still gets a second, and no page waits longer than that beyond its patience', () => {
  expect(patienceLeft(0)).toBe(requestPatienceMs)
  expect(patienceLeft(requestPatienceMs - 1_500)).toBe(1_500)
  for (const passedMs of [requestPatienceMs - 5, requestPatienceMs, 60_000]) expect(patienceLeft(passedMs)).toBe(1_000)
})
