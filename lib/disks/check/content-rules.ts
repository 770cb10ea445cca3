import { lineAt, privateKeyIn, stars } from './content-tests'
import type { Severity } from './report'
import type { ContentRule } from './rule'

const isExample = (secret: string) =>
  /EXAMPLE|(.)\1{7}|0123456789|1234567890|abcdefgh|x{6}|placeholder|your[_-]/i.test(secret)
/** Whether a secret is not one of the examples printed in documentation. */
export const isReal = (secret: string) => !isExample(secret)

/** One rule for each prefix of a token: searching for a fixed text is much faster than for a pattern. */
function tokens(id: string, severity: Severity, prefixes: readonly string[], rest: string): ContentRule[] {
  return prefixes.map((word) => {
    const pattern = new RegExp(`(?<![A-Za-z0-9])(${word})(?<secret>${rest})`, 'g')
    return { id, severity, word, pattern, isReal }
  })
}

const isNoPlaceholder = (secret: string) =>
  !/:(?:pass(?:word|wd)?|secret|pwd|xxx+|\w*token|\.{3}|changeme)$/i.test(secret)
const urlPassword =
  /:\/\/(?<=\b([a-z][a-z0-9+.-]{1,19}:\/\/))(?<secret>[^\s:/@"'<>{}$]{1,64}:[^\s:/@"'<>{}$%*]{4,128})@[\w.[\]-]/g

/** Secrets that are recognised in any text. If two rules could match, their lengths or prefixes tell them apart. */
export const contentRules: readonly ContentRule[] = [
  ...tokens('aws-access-key', 'critical', ['AKIA', 'ASIA'], '[A-Z2-7]{16}\\b'),
  ...tokens('alibaba-access-key', 'critical', ['LTAI'], '[A-Za-z0-9]{12,26}\\b'),
  ...tokens('tencent-secret-id', 'critical', ['AKID'], '[A-Za-z0-9]{32}\\b'),
  ...tokens('github-token', 'critical', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], '[A-Za-z0-9]{36,251}\\b'),
  ...tokens('github-token', 'critical', ['github_pat_'], '\\w{82}\\b'),
  ...tokens('gitlab-token', 'critical', ['glpat-', 'glrt-', 'gldt-', 'glcbt-', 'glptt-', 'glsoat-'], '[\\w-]{20,64}'),
  ...tokens(
    'slack-token',
    'high',
    ['xoxb-', 'xoxp-', 'xoxa-', 'xoxe-', 'xoxo-', 'xoxr-', 'xoxs-'],
    '[0-9A-Za-z-]{20,250}',
  ),
  ...tokens('stripe-key', 'critical', ['sk_live_', 'rk_live_'], '[A-Za-z0-9]{20,247}\\b'),
  ...tokens('google-api-key', 'high', ['AIza'], '[\\w-]{35}(?![\\w-])'),
  {
    id: 'json-web-token',
    severity: 'high',
    word: 'eyJ',
    pattern: /(?<![\w-])(eyJ)(?<secret>[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000})/g,
  },
  ...['PrivateKey', 'PresharedKey'].map((word): ContentRule => {
    const pattern = new RegExp(`(${word}\\s{0,4}=\\s{0,4})(?<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)`, 'g')
    return { id: 'wireguard-key', severity: 'critical', word, pattern }
  }),
  { id: 'url-password', severity: 'high', word: '://', pattern: urlPassword, isReal: isNoPlaceholder },
]

/** A secret in a text, and the rule that recognised it. */
export type ContentMatch = { rule: string; severity: Severity; line: number; masked: string; index: number }

/** Maximum matches of one file. */
const matchesMax = 50

/** Searches a text with our own patterns. Examples from documentation are left out. */
export function matchContent(text: string): ContentMatch[] {
  const found: ContentMatch[] = []
  const add = (rule: string, severity: Severity, index: number, masked: string) => {
    if (found.length < matchesMax) found.push({ rule, severity, line: lineAt(text, index), masked, index })
  }
  if (text.includes('PRIVATE KEY')) {
    const key = privateKeyIn(text)
    const index = text.search(/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/)
    if (key)
      found.push({ rule: 'private-key', severity: 'critical', line: key.line ?? 1, masked: key.masked ?? stars, index })
  }
  for (const { id, severity, word, pattern, isReal } of contentRules) {
    if (!text.includes(word)) continue
    for (const match of text.matchAll(pattern)) {
      const secret = match.groups?.secret ?? ''
      if (isReal?.(secret) === false) continue
      add(id, severity, match.index, `${match[1] ?? ''}${stars}`)
      if (found.length >= matchesMax) return found
    }
  }
  return found
}
