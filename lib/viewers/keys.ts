// Keys by their place on a keyboard (the `code` of a KeyboardEvent) and by their meaning in X11 (a keysym). QEMU uses the place,
// so the guest's keyboard layout decides which character a key writes.

export type Key = { code: string; keysym: number }

const control: Key = { code: 'ControlLeft', keysym: 0xffe3 }
const alt: Key = { code: 'AltLeft', keysym: 0xffe9 }
export const shift: Key = { code: 'ShiftLeft', keysym: 0xffe1 }
const tab: Key = { code: 'Tab', keysym: 0xff09 }
export const enter: Key = { code: 'Enter', keysym: 0xff0d }
export const backspace: Key = { code: 'Backspace', keysym: 0xff08 }
const functionKey = (number: number): Key => ({ code: `F${number}`, keysym: 0xffbd + number })

type Pressed = { key: string; shiftKey: boolean; metaKey: boolean }

/** Whether a key leaves a view: Tab goes to the machine, so Shift-Tab is the way out without a mouse. */
export function isLeaving({ key, shiftKey }: Pick<Pressed, 'key' | 'shiftKey'>): boolean {
  return key === 'Tab' && shiftKey
}

const modifiers = ['Shift', 'Control', 'Alt', 'AltGraph', 'Meta', 'CapsLock', 'NumLock', 'ScrollLock', 'Fn']

/** Whether a key in a view is input for the machine: not a modifier alone, not a browser shortcut with Meta, not Shift-Tab. */
export function isTyped(pressed: Pressed): boolean {
  return !pressed.metaKey && !isLeaving(pressed) && !modifiers.includes(pressed.key)
}

/** Keys that a browser or its system keeps for itself. */
export const screenChords: { label: string; keys: Key[] }[] = [
  ...[1, 2, 3, 4, 5, 6].map((number) => ({ label: `Ctrl-Alt-F${number}`, keys: [control, alt, functionKey(number)] })),
  { label: 'Ctrl-Alt-Backspace', keys: [control, alt, backspace] },
  { label: 'Alt-Tab', keys: [alt, tab] },
  { label: 'Alt-F4', keys: [alt, functionKey(4)] },
  { label: 'Ctrl-W', keys: [control, { code: 'KeyW', keysym: 0x77 }] },
  { label: 'Shift-Tab', keys: [shift, tab] },
  { label: 'Esc', keys: [{ code: 'Escape', keysym: 0xff1b }] },
  { label: 'F11', keys: [functionKey(11)] },
  { label: 'F12', keys: [functionKey(12)] },
  { label: 'Print Screen', keys: [{ code: 'PrintScreen', keysym: 0xff61 }] },
]

/** The sequences of a terminal for keys that phones lack or browsers keep. */
export const consoleKeys: { label: string; sends: string }[] = [
  { label: 'Ctrl-C', sends: '\x03' },
  { label: 'Ctrl-D', sends: '\x04' },
  { label: 'Ctrl-Z', sends: '\x1a' },
  { label: 'Ctrl-L', sends: '\x0c' },
  { label: 'Ctrl-R', sends: '\x12' },
  { label: 'Ctrl-W', sends: '\x17' },
  { label: 'Ctrl-\\', sends: '\x1c' },
  { label: 'Esc', sends: '\x1b' },
  { label: 'Tab', sends: '\t' },
  { label: 'Shift-Tab', sends: '\x1b[Z' },
  { label: 'Enter', sends: '\r' },
]

const digits = ')!@#$%^&*('
const marks: Record<string, [code: string, isShifted: boolean]> = {
  ' ': ['Space', false],
  '-': ['Minus', false],
  _: ['Minus', true],
  '=': ['Equal', false],
  '+': ['Equal', true],
  '[': ['BracketLeft', false],
  '{': ['BracketLeft', true],
  ']': ['BracketRight', false],
  '}': ['BracketRight', true],
  '\\': ['Backslash', false],
  '|': ['Backslash', true],
  ';': ['Semicolon', false],
  ':': ['Semicolon', true],
  "'": ['Quote', false],
  '"': ['Quote', true],
  '`': ['Backquote', false],
  '~': ['Backquote', true],
  ',': ['Comma', false],
  '<': ['Comma', true],
  '.': ['Period', false],
  '>': ['Period', true],
  '/': ['Slash', false],
  '?': ['Slash', true],
}

/** The keys, pressed together, that write a character on a US keyboard; null if there are none. */
export function keysOf(character: string): Key[] | null {
  if (character === '\n' || character === '\r') return [enter]
  if (character === '\t') return [tab]
  const place = placeOf(character)
  if (!place) return null
  const key = { code: place.code, keysym: character.charCodeAt(0) }
  return place.isShifted ? [shift, key] : [key]
}

function placeOf(character: string): { code: string; isShifted: boolean } | null {
  if (/^[a-z]$/.test(character)) return { code: `Key${character.toUpperCase()}`, isShifted: false }
  if (/^[A-Z]$/.test(character)) return { code: `Key${character}`, isShifted: true }
  if (/^[0-9]$/.test(character)) return { code: `Digit${character}`, isShifted: false }
  const digit = character === '' ? -1 : digits.indexOf(character)
  if (digit >= 0) return { code: `Digit${digit}`, isShifted: true }
  const mark = marks[character]
  return mark ? { code: mark[0], isShifted: mark[1] } : null
}

export function untypable(text: string): string[] {
  return [...new Set(text)].filter((character) => keysOf(character) === null)
}
