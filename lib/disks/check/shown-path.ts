import { pathMax } from './report'

/** A path fit for a report, of at most `max` units: characters that could turn, hide or end the text beside them are escaped. */
export function shownPath(path: string, max = pathMax): string {
  const shown = path
    .slice(0, max)
    .replaceAll('\\', '\\\\')
    .replaceAll(/[\p{C}\u2028\u2029]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
  return shown.length < max ? shown : `${shown.slice(0, max - 1)}…`
}

/** The path that was shown, or null where that does not tell it: it was cut, or is not text. */
export function pathShown(shown: string): string | null {
  if (shown.endsWith('…') || shown.includes('\ufffd')) return null
  return shown.replaceAll(/\\(?:\\|u\{([0-9a-f]{1,6})\})/g, (_, code) =>
    code ? String.fromCodePoint(Number.parseInt(code, 16)) : '\\',
  )
}
