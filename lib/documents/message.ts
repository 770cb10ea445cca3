/** An ICU message for a document: `text` with the `other` branches, and a line for each branch with a different sentence. */
export type DescribedMessage = { text: string; instead: string[] }

/** The branch to print for each argument, by name; `other` for the rest. */
type Choice = Record<string, string>

/**
 * A message with ‹name› for each argument. `instead`: "`RUNNING`: The check is running." for each `select` branch that is a
 * sentence, and the whole message for each exact number with its own branch. Throws if braces do not match.
 */
export function describeMessage(message: string): DescribedMessage {
  const numbers = argumentsOf(message).flatMap(({ name, kind, branches }) =>
    kind === 'plural' ? [...branches.keys()].filter((key) => key.startsWith('=')).map((key) => ({ name, key })) : [],
  )
  const sentences = argumentsOf(message).flatMap(({ name, kind, branches }) =>
    kind === 'select' ? sentencesOf(name, branches) : [],
  )
  const whole = numbers.map(
    ({ name, key }) => `‹${name}› is ${key.slice(1)}: ${printed(message, { [name]: key }).trim()}`,
  )
  return { text: printed(message, {}).trim(), instead: [...whole, ...sentences] }
}

/** The branches of a message's first `select` by key, each printed with ‹name› for its arguments. */
export function selectBranches(message: string): Map<string, string> {
  const { branches } = argumentsOf(message).find(({ kind }) => kind === 'select') ?? { branches: new Map() }
  return new Map([...branches].map(([key, body]) => [key, printed(body, {}).trim()]))
}

function sentencesOf(name: string, branches: Map<string, string>): string[] {
  return [...branches].flatMap(([key, body]) => {
    const text = printed(body, {}).trim()
    // A branch of a few words is part of the surrounding sentence.
    if (key === 'other' || !/^[A-Z‹].*\.$/s.test(text)) return []
    return [`${key === 'none' ? `without ‹${name}›` : `\`${key}\``}: ${text}`]
  })
}

function printed(message: string, choice: Choice): string {
  let text = ''
  let at = 0
  for (const { open, close, name, kind, branches } of argumentsAt(message)) {
    text += message.slice(at, open)
    const body = branches.get(choice[name] ?? 'other')
    if (body === undefined) text += `‹${name}›`
    else text += printed(kind === 'plural' ? body.replaceAll('#', `‹${name}›`) : body, choice)
    at = close + 1
  }
  return text + message.slice(at)
}

type Argument = { name: string; kind: string; branches: Map<string, string> }

/** Every argument of a message, including those inside branches. */
function argumentsOf(message: string): Argument[] {
  return argumentsAt(message).flatMap((argument) => [argument, ...[...argument.branches.values()].flatMap(argumentsOf)])
}

/** The arguments of a message outside branches, with the positions of their braces: `{name, kind, key {body} …}`. */
function argumentsAt(message: string): (Argument & { open: number; close: number })[] {
  const found: (Argument & { open: number; close: number })[] = []
  for (let open = message.indexOf('{'); open >= 0; ) {
    const close = closingBrace(message, open)
    const inside = message.slice(open + 1, close)
    const [name = '', kind = ''] = inside.split(',', 2).map((part) => part.trim())
    found.push({ open, close, name, kind, branches: branchesOf(inside) })
    open = message.indexOf('{', close)
  }
  return found
}

function branchesOf(inside: string): Map<string, string> {
  const branches = new Map<string, string>()
  for (let at = 0, open = inside.indexOf('{'); open >= 0; open = inside.indexOf('{', at)) {
    const key = inside.slice(at, open).split(',').at(-1)?.trim() ?? ''
    at = closingBrace(inside, open) + 1
    branches.set(key, inside.slice(open + 1, at - 1))
  }
  return branches
}

/** The position of the brace that closes the one at `open`. Throws if braces do not match. */
function closingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return at
  }
  throw new Error(`Braces do not match: ${text}`)
}
