import { afterEach, expect, test } from 'vitest'
import { isToldSeldom, logConsole, makeLog } from './log-lines.mjs'

const methods = { ...console }
afterEach(() => void Object.assign(console, methods))

/** The output of a log while `work` uses it. */
function written(work: (log: ReturnType<typeof makeLog>) => void): string {
  const lines: string[] = []
  const log = makeLog({ write: (line) => void lines.push(line) })
  log.level = 'info'
  work(log)
  return lines.join('')
}

const hostile = [
  'a\n{"level":30,"msg":"forged"}',
  'a\r\nb',
  '\u001b[2Jcleared',
  '\u001b]0;title\u0007',
  '\u009b31m',
  '\u0085next',
  '\u2028line',
  '\u202egnp.exe',
  '\u007f',
  '"},{"',
  '\\u001b',
]

test.each(hostile)('%j becomes one line of JSON without terminal control characters', (text) => {
  for (const line of [
    written((log) => log.warn({ text, err: new Error(text) }, text)),
    written((log) => {
      logConsole(log)
      console.error(text, new Error(text), { text })
    }),
  ]) {
    expect(line.trimEnd().split('\n')).toHaveLength(1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: These must not appear.
    expect(line.trimEnd()).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/)
    expect(JSON.parse(line)).toMatchObject({ service: 'open-ecs-console' })
  }
  const [plain] = written((log) => log.warn({ text }, 'said')).split('\n')
  expect(JSON.parse(plain ?? '').text).toBe(text)
})

test('console output is a line of its level, and an error keeps its stack', () => {
  const text = written((log) => {
    logConsole(log)
    console.error(new Error('broken'), { some: 'facts' })
    // biome-ignore lint/suspicious/noConsole: Packages write with it.
    console.info('%s is ready', 'it')
    // biome-ignore lint/suspicious/noConsole: As above.
    console.warn('\u001b[33mslow\u001b[39m')
  })
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines).toMatchObject([
    { level: 50, from: 'console', msg: "{ some: 'facts' }", err: { message: 'broken', stack: expect.any(String) } },
    { level: 30, from: 'console', msg: 'it is ready' },
    { level: 40, from: 'console', msg: 'slow' },
  ])
})

test('messages that strangers can cause are logged once a minute, each name by itself', () => {
  const told = [0, 1, 59_999, 60_000, 60_001].map((ms) => isToldSeldom('one', 1_000_000 + ms))
  expect(told).toEqual([true, false, false, true, false])
  expect(isToldSeldom('another', 1_000_001)).toBe(true)
})
