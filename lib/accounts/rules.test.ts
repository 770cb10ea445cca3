import { expect, test } from 'vitest'
import { foldUsername, isUsername, maskDisplayName, refuseImageQuota, refuseQuotaChange } from './rules'

test.each(['a', 'harbour', 'tenant-01', 'a1.b_c-d', 'a'.repeat(32)])('%s is a username', (name) => {
  expect(isUsername(name)).toBe(true)
})

test.each([
  '',
  'a'.repeat(33),
  '1a',
  '-a',
  'a-',
  'a--b',
  'a.-b',
  'a b',
  'A',
  'ä',
  'ops@harbour',
  'а', // Cyrillic
  'a\n',
  'a\0',
  '\u202Ea',
  '<script>',
])('%j is no username', (name) => expect(isUsername(name)).toBe(false))

test('a username is looked for in lower case and without the space around it', () => {
  expect(foldUsername(' \tHarBour\u3000')).toBe('harbour')
})

test.each([
  ['Harbour Logistics', 'H•••••• L••••••'],
  ['Li', 'L•'],
  ['李小龙', '李••'],
  ['𝒜𝒷', '𝒜•'],
  ['  A   b ', 'A b'],
  ['', ''],
])('%j is confirmed as %j, which tells neither the letters nor how many there are beyond seven', (name, masked) => {
  expect(maskDisplayName(name)).toBe(masked)
})

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
