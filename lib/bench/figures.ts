/** The target of a figure. `ratio` is the value divided by its limit. */
export type Aim = { of: 'value' | 'ratio'; bound: 'at least' | 'at most'; number: number }

export type Figure = {
  section: string
  name: string
  value: number
  unit: string
  /** The limit of the value, measured in the same run so that a slow or noisy machine slows both. */
  limit?: { value: number; of: string }
  aim?: Aim
}

export type Findings = { figures: Figure[]; notes: string[] }

export type Row = Omit<Figure, 'aim' | 'limit'> & {
  limit: number | null
  limitOf: string | null
  ratio: number | null
  aim: string | null
  verdict: 'ok' | 'over' | null
}

const headers = ['figure', 'measured', 'limit', 'of the limit', 'aim', '']

export function toRow({ aim, limit, ...figure }: Figure): Row {
  const ratio = limit ? figure.value / limit.value : null
  const judged = aim?.of === 'ratio' ? ratio : figure.value
  const isGood = aim && judged !== null && (aim.bound === 'at least' ? judged >= aim.number : judged <= aim.number)
  return {
    ...figure,
    limit: limit?.value ?? null,
    limitOf: limit?.of ?? null,
    ratio,
    aim: aim ? sentenceOf(aim, figure.unit) : null,
    verdict: aim ? (isGood ? 'ok' : 'over') : null,
  }
}

export function toTable(rows: Row[]): string {
  const lines = rows.map((row) => [
    row.name,
    `${short(row.value)} ${row.unit}`,
    row.limit === null ? '' : `${short(row.limit)} ${row.unit} (${row.limitOf})`,
    row.ratio === null ? '' : row.ratio.toFixed(2),
    row.aim ?? '',
    row.verdict ?? '',
  ])
  const [head = '', ...body] = linesOf(headers, lines)
  const table = [head]
  rows.forEach((row, index) => {
    if (row.section !== rows[index - 1]?.section) table.push('', row.section)
    table.push(body[index] ?? '')
  })
  return table.join('\n')
}

export function linesOf(headers: string[], lines: string[][]): string[] {
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...lines.map((line) => line[column]?.length ?? 0)),
  )
  return [headers, ...lines].map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function sentenceOf({ of, bound, number }: Aim, unit: string): string {
  const sign = bound === 'at least' ? '≥' : '≤'
  return of === 'ratio' ? `${sign} ${number}` : `${sign} ${number} ${unit}`.trimEnd()
}

/** Three significant digits: more would be noise. */
export function short(value: number): string {
  if (value === 0) return '0'
  return value >= 100 ? String(Math.round(value)) : Number(value.toPrecision(3)).toString()
}

/** The median, which one or two disturbed runs do not move. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('Nothing was measured.')
  return middle
}
