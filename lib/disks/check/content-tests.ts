import type { Match } from './rule'

/** Replaces a secret in an excerpt. Its length is constant, so it does not reveal that of the secret. */
export const stars = '****'

/** A test that matches the first matching line. `mask` builds the excerpt from groups that hold no secret. */
export function lineMatching(pattern: RegExp, mask: (groups: readonly string[]) => string = () => stars) {
  return (text: string): Match | null => {
    for (const { number, line } of linesOf(text)) {
      const found = pattern.exec(line)
      if (found) return { line: number, masked: mask(found.map((group) => group ?? '')) }
    }
    return null
  }
}

/** Matches a file with anything other than blanks and comments. */
export const hasContent = lineMatching(/^\s*[^\s#;]/)

/** Matches the header of a private key followed by at least a line of it, or a PuTTY key. */
export function privateKeyIn(text: string): Match | null {
  const putty = /^PuTTY-User-Key-File-\d/m.exec(text)
  if (putty) return { line: lineAt(text, putty.index), masked: `PuTTY-User-Key-File ${stars}` }
  const head = privateKeyHead.exec(text)
  return head ? { line: lineAt(text, head.index), masked: `${head[1]} ${stars}` } : null
}

// The header may be followed by lines such as `Proc-Type: 4,ENCRYPTED`. A header without a key is documentation.
const privateKeyHead =
  /(-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----)[ \t\\rn]{0,16}\n?(?:[A-Za-z-]{1,20}: [^\n]{0,100}\r?\n){0,4}\s{0,8}[A-Za-z0-9+/=\s\\]{0,8}[A-Za-z0-9+/]{40}/

/** A password hash in a line of a shadow file. */
export const passwordHash = lineMatching(/^([^:\s]{1,64}):(?![*!:])[^:\s]/, ([, name]) => `${name}:${stars}`)
/** An account without a password. */
export const emptyPassword = lineMatching(/^([^:\s]{1,64})::/, ([, name]) => `${name}::`)

/** A setting whose name suggests a secret, with a value. References to a variable and placeholders do not count. */
export const secretSetting = lineMatching(
  /^[\s"'<]*(?:export\s+|define\(\s*['"])?([\w.-]{0,40}(?:pass(?:word|wd)?|secret|token|api_?key|auth|credential|private_?key|secret_key_base|salt)[\w.-]{0,20})["']?\s*[:=,>]\s*["']?(?=\S)(?![$%{<]|["'](?:\s*[,;)])?$|(?:null|none|true|false|changeme|xxx+|example|your)\b)\S{4}/i,
  ([, key]) => `${key} = ${stars}`,
)

/** A variable with a value in an environment file. */
export const environmentVariable = lineMatching(
  /^\s*(?:export\s+)?([A-Za-z_]\w{0,60})\s*=\s*["']?[^\s"'#]/,
  ([, key]) => `${key}=${stars}`,
)

/** The line number, from 1, of the character at `index`. */
export function lineAt(text: string, index: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < index; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

function* linesOf(text: string): Generator<{ number: number; line: string }> {
  let start = 0
  for (let number = 1; start <= text.length; number += 1) {
    const end = text.indexOf('\n', start)
    const stop = end < 0 ? text.length : end
    // A longer line is data, on which a pattern could run for a very long time.
    yield { number, line: text.slice(start, Math.min(stop, start + lineLengthMax)) }
    start = stop + 1
  }
}

const lineLengthMax = 4096
