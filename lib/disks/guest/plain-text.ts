/** Text that is safe to display: no control or format characters, blanks folded, at most `lengthMax` long. */
export function plainText(text: string, lengthMax: number): string {
  const shown = text
    .slice(0, lengthMax * 4)
    .replaceAll(/[\t\n\r]/g, ' ')
    .replaceAll(/\p{C}/gu, '')
    .replaceAll(/[\s\p{Z}]+/gu, ' ')
    .trim()
  // Cutting may split a surrogate pair.
  return shown.length <= lengthMax
    ? shown
    : shown
        .slice(0, lengthMax)
        .replace(/[\ud800-\udbff]$/, '')
        .trim()
}

/** Decodes UTF-8 up to the first zero byte. */
export function zeroEnded(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}
