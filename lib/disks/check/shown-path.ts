import { pathMax } from './report'

/**
 * A path fit for a report: characters that could turn, hide or end the text beside them are written out. What could not be
 * decoded as UTF-8 is a replacement character already.
 */
export function shownPath(path: string): string {
  const shown = path
    .slice(0, pathMax)
    .replaceAll('\\', '\\\\')
    .replaceAll(/[\p{C}\u2028\u2029]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
  return shown.length <= pathMax ? shown : `${shown.slice(0, pathMax - 1)}…`
}
