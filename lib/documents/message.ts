export function plainMessage(message: string): string {
  let plain = ''
  for (let at = 0; at < message.length; ) {
    if (message[at] !== '{') {
      plain += message[at++]
      continue
    }
    const end = closingBrace(message, at)
    plain += argumentOf(message.slice(at + 1, end))
    at = end + 1
  }
  return plain.trim()
}

function argumentOf(inside: string): string {
  const [name = '', kind = ''] = inside.split(',', 2).map((part) => part.trim())
  if (kind !== 'plural' && kind !== 'select') return `‹${name}›`
  const open = inside.lastIndexOf('other {') + 'other '.length
  const branch = inside.slice(open + 1, closingBrace(inside, open))
  return plainMessage(branch).replaceAll('#', `‹${name}›`)
}

/** The position of the brace that closes the one at `open`. Throws if the braces of a message do not match. */
function closingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    if (text[at] === '}' && --depth === 0) return at
  }
  throw new Error(`Braces do not match: ${text}`)
}
