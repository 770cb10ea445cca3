/** The answer of a command: JSON for programs, lines for people, and notes for both. */
export type Answer = {
  /** Undefined if the command has printed its JSON itself. */
  json: unknown
  lines: string[]
  notes: string[]
  /** One sentence for stderr, with exit code 1, if the command has an answer and still found a problem. */
  complaint: string | null
}

export function answer(json: unknown, lines: string[]): Answer {
  return { json, lines, notes: [], complaint: null }
}

/** The answer of a list: an array for programs; for people a table, or a sentence if it is empty. */
export function list<T>(rows: T[], columns: Column<T>[], empty: string): Answer {
  return answer(rows, rows.length > 0 ? table(rows, columns) : [empty])
}

export type Column<T> = { header: string; cell: (row: T) => string | number; isRight?: true }

function table<T>(rows: T[], columns: Column<T>[]): string[] {
  const cells = columns.map(({ header, cell, isRight }) => {
    const texts = [header.toUpperCase(), ...rows.map((row) => String(cell(row)))]
    const width = texts.reduce((widest, text) => Math.max(widest, widthOf(text)), 0)
    const pad = (text: string) => ' '.repeat(width - widthOf(text))
    return texts.map((text) => (isRight ? pad(text) + text : text + pad(text)))
  })
  return [-1, ...rows.keys()].map((row) =>
    cells
      .map((column) => column[row + 1] ?? '')
      .join('  ')
      .trimEnd(),
  )
}

const wide = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\uff01-\uff60]/u
const widthless = /[\p{Mn}\p{Me}]/u

// A terminal prints a Chinese character two columns wide.
function widthOf(text: string): number {
  let width = 0
  for (const letter of text) width += widthless.test(letter) ? 0 : wide.test(letter) ? 2 : 1
  return width
}

/** Prints an answer to stdout and its remarks to stderr. Returns the exit code. */
export async function say(said: Answer, isJson: boolean): Promise<number> {
  const lines = isJson && said.json !== undefined ? [JSON.stringify(said.json)] : said.lines
  if (lines.length > 0) await write(process.stdout, `${lines.join('\n')}\n`)
  for (const note of said.notes) console.error(`note: ${note}`)
  if (said.complaint === null) return 0
  console.error(said.complaint)
  return 1
}

// The process exits right after, so wait until a pipe has taken everything. A reader that closes early is not an error.
function write(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? resolve() : reject(error)))
    stream.write(text, () => resolve())
  })
}

/** Prints a part of an answer that is streamed. Throws if the reader has closed the pipe, so that nothing counts as read. */
export async function deliver(text: string): Promise<void> {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => {})
  await new Promise<void>((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()))
  })
}
