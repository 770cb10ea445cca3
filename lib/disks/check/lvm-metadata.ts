/** A value in LVM's text format: a number, a string, a list, or a section of named values. */
export type LvmValue = number | string | LvmValue[] | LvmSection
export type LvmSection = ReadonlyMap<string, LvmValue>

/** The text is not in LVM's format. */
export class NotLvmText extends Error {}

const depthMax = 8
/** A token takes about a hundred bytes of memory during parsing. A group of a thousand volumes has fewer tokens. */
const tokensMax = 200_000
const token = /\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)(?![\w+.-])|([A-Za-z0-9_+.-]+)|([{}[\],=])/y

/** Parses the metadata text of a volume group. Throws `NotLvmText`. */
export function parseLvmText(text: string): LvmSection {
  const tokens = tokensOf(text)
  let at = 0
  const next = () => tokens[at++]
  const section = (depth: number): LvmSection => {
    if (depth > depthMax) throw new NotLvmText()
    const values = new Map<string, LvmValue>()
    for (let name = next(); name !== undefined && name.text !== '}'; name = next()) {
      // A volume's name may be a number.
      if (name.kind !== 'word' && name.kind !== 'number') throw new NotLvmText()
      const sign = next()?.text
      if (sign === '{') values.set(name.text, section(depth + 1))
      else if (sign === '=') values.set(name.text, value(depth))
      else throw new NotLvmText()
    }
    return values
  }
  const value = (depth: number): LvmValue => {
    const first = next()
    if (first?.kind === 'number') return Number(first.text)
    if (first?.kind === 'text') return first.text
    if (first?.text !== '[' || depth > depthMax) throw new NotLvmText()
    const list: LvmValue[] = []
    while (tokens[at] && tokens[at]?.text !== ']') {
      list.push(value(depth + 1))
      if (tokens[at]?.text === ',') at += 1
    }
    at += 1
    return list
  }
  return section(0)
}

type Token = { kind: 'word' | 'number' | 'text' | 'sign'; text: string }

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const found = token.exec(text)
    if (!found) throw new NotLvmText()
    if (tokens.length >= tokensMax) throw new NotLvmText()
    const [, quoted, number, word, sign] = found
    if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word })
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign })
  }
  return tokens
}
