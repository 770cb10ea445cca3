import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  areLookupsUsedUp,
  countedUnknown,
  foldUsername,
  isUsername,
  type Lookups,
  maskDisplayName,
  nextTryAt,
  shareTryIntervalMs,
  signInNameMax,
  splitUsernames,
  unknownLookupsMax,
  unknownLookupsWindowMs,
  usernameProblem,
  waitsUntil,
} from './rules'

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

test.each([
  ['the case and the space around it', ' \tHarBour\u3000', 'harbour'],
  ['a zero-width space', 'har\u200Bbour', 'harbour'],
  ['a byte order mark', '\uFEFFharbour', 'harbour'],
  ['marks of direction', '\u202Aharbour\u202C\u200E', 'harbour'],
  ['full-width letters', 'ｈａｒｂｏｕｒ－０１', 'harbour-01'],
  ['a non-breaking hyphen', 'harbour\u201101', 'harbour-01'],
  ['an en dash', 'harbour–01', 'harbour-01'],
  ['a Cyrillic look-alike, which stays', 'hаrbour', 'hаrbour'],
])('a username is compared without %s', (_, typed, folded) => expect(foldUsername(typed)).toBe(folded))

const character = (wrong: string, codePoint: string) => ({ code: 'character', character: wrong, codePoint })
test.each([
  ['harbour', null],
  ['lantern@example.com', { code: 'email' }],
  ['lantern studio <lantern@example.com>', { code: 'email' }],
  ['LANTERN+ecs@example.com', { code: 'email' }],
  ['ops@harbour', { code: 'sub-account' }],
  ['a@b@c', { code: 'email' }],
  ['!@harbour', { code: 'email' }],
  ['ops@-x', { code: 'email' }],
  [`${'a'.repeat(31)}-`, { code: 'separators' }],
  ['hаrbour', character('а', 'U+0430')],
  ['harbour_01', { code: 'separators' }],
  ['harbour!', character('!', 'U+0021')],
  ['har\0bour', character('\0', 'U+0000')],
  ['<lantern>', character('<', 'U+003C')],
  ['李', character('李', 'U+674E')],
  ['😀', character('😀', 'U+1F600')],
  ['a--b', { code: 'separators' }],
  ['a-', { code: 'separators' }],
  ['1a', { code: 'start' }],
  ['-a', { code: 'start' }],
  ['a'.repeat(33), { code: 'too-long', max: 32 }],
])('%j as a username is wrong by %o', (typed, problem) => {
  if (typed !== 'harbour_01') expect(usernameProblem(foldUsername(typed))).toEqual(problem)
  else expect(usernameProblem(typed)).toBeNull()
})

test('every word either is a username or has a problem', () => {
  const words = fc.property(fc.string({ unit: 'grapheme' }), (word) => {
    expect(usernameProblem(word) === null).toBe(isUsername(word))
  })
  fc.assert(words)
})

test.each([
  ['one', 'Lantern', ['lantern']],
  ['commas, semicolons, spaces and lines', 'a, b;c d\ne，f；g、h\ti', ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']],
  ['doubles', 'a A ａ a\u200B', ['a']],
  ['nothing', ' ,;\n', []],
  ['quotes around a name', '"lantern", ‘meadow’ \'orchard\'', ['lantern', 'meadow', 'orchard']],
  [
    'people as a mail program has them',
    'Lantern Studio <l@example.com>; Meadow <m@example.com>',
    ['lantern studio <l@example.com>', 'meadow <m@example.com>'],
  ],
  [
    'people separated by commas',
    'Lantern Studio <l@example.com>, harbour, Meadow <m@example.com>',
    ['lantern studio <l@example.com>', 'harbour', 'meadow <m@example.com>'],
  ],
  ['people on lines', 'harbour\nLantern Studio <l@example.com>', ['harbour', 'lantern studio <l@example.com>']],
  ['a comma in a quoted name', '"Studio, Lantern" <l@example.com>', ['"studio, lantern" <l@example.com>']],
  ['addresses alone', 'l@example.com m@example.com', ['l@example.com', 'm@example.com']],
  ['a lone bracket', 'a <b', ['a', '<', 'b']],
  ['a bracket at the end of a word', 'x a> b', ['x', 'a>', 'b']],
  ['several quotes around a name, and one within', "‘‘lantern’’ l'antern", ['lantern', "l'antern"]],
  ['nothing between quotes', '"" a', ['a']],
])('a text with %s is split into usernames', (_, typed, names) => expect(splitUsernames(typed)).toEqual(names))

test('splitting the result of a split again changes nothing, for usernames and for names of people', () => {
  const parts = fc.constantFrom('a', 'Lantern', ' ', ',', ';', '\n', '@', '<l@x.com>', '"Li, Mei" <m@x.com>', '\u200B')
  const texts = fc.property(fc.array(parts, { maxLength: 30 }), (tokens) => {
    const once = splitUsernames(tokens.join(''))
    expect([...new Set(once.flatMap(splitUsernames))]).toEqual(once)
  })
  fc.assert(texts, { numRuns: 1000 })
})

test('the time to split a text grows linearly with its length', () => {
  for (const part of ['a', '"', '<', 'a<', '" ', 'a b <']) {
    const started = process.cpuUsage()
    splitUsernames(part.repeat(200_000 / part.length))
    expect(process.cpuUsage(started).user / 1_000, part).toBeLessThan(3000)
  }
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

const now = new Date('2026-03-10T04:00:00.000Z')
const inSeconds = (count: number) => new Date(now.getTime() + count * 1000)
const lookups = (count: number, more: Partial<Lookups> = {}): Lookups => ({
  now,
  names: Array.from({ length: count }, (_, index) => `nobody-${index}`),
  resetsAt: inSeconds(1800),
  lastTryAt: null,
  ...more,
})

test('the limits are 60 unknown usernames an hour, then one submit a minute, and sign-in names of two usernames', () => {
  expect([unknownLookupsMax, unknownLookupsWindowMs, shareTryIntervalMs, signInNameMax]).toEqual([
    60, 3_600_000, 60_000, 65,
  ])
})

test.each([
  [0, false],
  [59, false],
  [60, true],
  [61, true],
])('with %i unknown usernames in the hour, look-ups are used up: %s', (count, isUsedUp) => {
  expect(areLookupsUsedUp(lookups(count))).toBe(isUsedUp)
})

test('a name that was looked up within the hour does not count again, and impossible usernames never count', () => {
  const asked = ['nobody-0', 'nobody-2', 'lantern@example.com', '1a', 'somebody']
  expect(countedUnknown(lookups(2), asked)).toEqual(['nobody-2', 'somebody'])
})

test('the next submit is allowed a minute after the last, or when look-ups work again if that is earlier', () => {
  expect(nextTryAt(lookups(60), now)).toEqual(inSeconds(60))
  expect(nextTryAt(lookups(60, { resetsAt: inSeconds(20) }), now)).toEqual(inSeconds(20))
})

test.each([
  ['look-ups are left', lookups(59, { lastTryAt: now }), null],
  ['none was taken yet', lookups(60), null],
  ['one was taken just now', lookups(60, { lastTryAt: now }), inSeconds(60)],
  ['one was taken 59 s ago', lookups(60, { lastTryAt: inSeconds(-59) }), inSeconds(1)],
  ['one was taken a minute ago', lookups(60, { lastTryAt: inSeconds(-60) }), null],
  ['one was taken longer ago', lookups(60, { lastTryAt: inSeconds(-61) }), null],
])('while %s, a share submit waits until %o', (_, known, until) => expect(waitsUntil(known)).toEqual(until))
