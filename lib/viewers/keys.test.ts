import { expect, it } from 'vitest'
import { endOfCode, viewEnds } from './ends'
import { consoleKeys, isTyped, keysOf, screenChords, untypable } from './keys'
import { asTyped, countLines, isManyLines, piecesOf } from './typing'

const written = (character: string) => keysOf(character)?.map(({ code }) => code)

it('every printable ASCII character has a key, with Shift or without', () => {
  const all = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
  const codes = all.map((character) => written(character)?.join('+'))
  expect(new Set(codes).size).toBe(95)
  expect(untypable(all.join(''))).toEqual([])
  expect([written('a'), written('A'), written('7'), written('&'), written('\n')]).toEqual([
    ['KeyA'],
    ['ShiftLeft', 'KeyA'],
    ['Digit7'],
    ['ShiftLeft', 'Digit7'],
    ['Enter'],
  ])
})

it('characters without a key are listed once each', () => {
  expect(untypable('naïve 中文 ï')).toEqual(['ï', '中', '文'])
  expect(keysOf('')).toBeNull()
})

it('a modifier alone, a browser shortcut with Meta, and Shift-Tab are no input for a machine', () => {
  const pressed = (key: string, held: { shiftKey?: boolean; metaKey?: boolean } = {}) =>
    isTyped({ key, shiftKey: false, metaKey: false, ...held })
  for (const key of ['a', 'C', 'Tab', 'Enter', 'Escape', 'F5', '中']) expect(pressed(key), key).toBe(true)
  expect(pressed('A', { shiftKey: true })).toBe(true)
  for (const key of ['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock']) expect(pressed(key), key).toBe(false)
  expect(pressed('r', { metaKey: true })).toBe(false)
  expect(pressed('Tab', { shiftKey: true })).toBe(false)
})

it('text is split into pieces for the smallest buffer, never within a character', () => {
  const text = asTyped('echo 早上好，世界 $HOME\r\nls -l\n')
  const pieces = piecesOf(text)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  expect(pieces.map(({ bytes }) => decoder.decode(bytes)).join('')).toBe('echo 早上好，世界 $HOME\rls -l\r')
  expect(Math.max(...pieces.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(16)
  // Each line ends a piece, which gets extra time.
  expect(pieces.filter(({ waitMs }) => waitMs > 50)).toHaveLength(2)
  expect(piecesOf('')).toEqual([])
})

it('one line is typed at once, several need a confirmation', () => {
  expect([isManyLines('ls'), isManyLines('ls\n'), isManyLines('ls\nrm -r *\n')]).toEqual([false, false, true])
  expect([countLines('ls'), countLines('a\nb\n'), countLines('a\nb')]).toEqual([1, 2, 2])
})

it('each close code has its reason, and foreign codes have none', () => {
  for (const [why, code] of Object.entries(viewEnds)) expect(endOfCode(code)).toBe(why)
  expect([endOfCode(1006), endOfCode(1000), endOfCode(4999)]).toEqual([null, null, null])
})

it('no two entries of a menu of keys have the same label', () => {
  for (const menu of [consoleKeys, screenChords]) expect(new Set(menu.map(({ label }) => label)).size).toBe(menu.length)
})
