import { pathMax } from './report'

/** A path that is safe to display, at most `max` UTF-16 units: control and bidirectional characters are escaped. */
export function shownPath(path: string, max = pathMax): string {
  const shown = path
    .slice(0, max)
    .replaceAll('\\', '\\\\')
    .replaceAll(/[\p{C}\u2028\u2029]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
  return shown.length < max ? shown : `${shown.slice(0, max - 1)}…`
}

/** The path that was shown; null if it cannot be restored because it was cut or is not valid UTF-8. */
export function pathShown(shown: string): string | null {
  if (shown.endsWith('…') || shown.includes('\ufffd')) return null
  return shown.replaceAll(/\\(?:\\|u\{([0-9a-f]{1,6})\})/g, (_, code) =>
    code ? String.fromCodePoint(Number.parseInt(code, 16)) : '\\',
  )
}
