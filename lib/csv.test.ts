import { expect, test } from 'vitest'
import { csvLine } from './csv'

test.each(['=1+1', '+1', '-1+1', '@SUM(A1)', '\tx', '\rx'])(
  '%j gets an apostrophe, so that it is no formula',
  (text) => {
    expect(csvLine([text]).replaceAll('"', '')).toBe(`'${text}\r\n`)
  },
)

test('text with such a character after the first is unchanged', () => {
  expect(csvLine(['a=b', 'a-b'])).toBe('a=b,a-b\r\n')
})

test('numbers stay numbers, and cells with a comma, a quote or a line break are quoted', () => {
  expect(csvLine([-3, '-10.08', 'a,b', 'say "x"', 'two\nlines', '中文'])).toBe(
    '-3,-10.08,"a,b","say ""x""","two\nlines",中文\r\n',
  )
})
