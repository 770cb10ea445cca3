/** A line of CSV. Text that a spreadsheet would take for a formula gets an apostrophe; decimal numbers do not. */
export function csvLine(cells: (string | number)[]): string {
  const texts = cells.map((cell) =>
    /^-?\d+(\.\d+)?$/.test(String(cell)) ? String(cell) : quoted(defused(String(cell))),
  )
  return `${texts.join(',')}\r\n`
}

function defused(text: string): string {
  return /^[=+\-@＝＋－＠\t\r]/.test(text) ? `'${text}` : text
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
