import { lineAt, privateKeyIn, stars } from './content-tests'
import type { Severity } from './report'
import type { ContentRule } from './rule'

const isExample = (secret: string) =>
  /EXAMPLE|(.)\1{7}|0123456789|1234567890|abcdefgh|x{6}|placeholder|your[_-]/i.test(secret)
/** Whether a secret is none of the examples that documentations print. */
export const isReal = (secret: string) => !isExample(secret)

/** Secrets that are recognised in any text. Where two rows could match, their lengths or prefixes keep them apart. */
export const contentRules: readonly ContentRule[] = [
  {
    id: 'aws-access-key',
    severity: 'critical',
    word: 'A',
    pattern: /\b(A(?:KI|SI)A)(?<secret>[A-Z2-7]{16})\b/g,
    isReal,
  },
  {
    id: 'alibaba-access-key',
    severity: 'critical',
    word: 'LTAI',
    pattern: /\b(LTAI)(?<secret>[A-Za-z0-9]{12,26})\b/g,
    isReal,
  },
  {
    id: 'tencent-secret-id',
    severity: 'critical',
    word: 'AKID',
    pattern: /\b(AKID)(?<secret>[A-Za-z0-9]{32})\b/g,
    isReal,
  },
  {
    id: 'github-token',
    severity: 'critical',
    word: 'gh',
    pattern: /\b(gh[pousr]_)(?<secret>[A-Za-z0-9]{36,251})\b/g,
    isReal,
  },
  {
    id: 'github-token',
    severity: 'critical',
    word: 'github_pat_',
    pattern: /\b(github_pat_)(?<secret>\w{82})\b/g,
    isReal,
  },
  {
    id: 'gitlab-token',
    severity: 'critical',
    word: 'gl',
    pattern: /\b(gl(?:pat|rt|dt|cbt|ptt|soat)-)(?<secret>[\w-]{20,64})/g,
    isReal,
  },
  {
    id: 'slack-token',
    severity: 'high',
    word: 'xox',
    pattern: /\b(xox[abeoprs]-)(?<secret>[0-9A-Za-z-]{20,250})/g,
    isReal,
  },
  {
    id: 'stripe-key',
    severity: 'critical',
    word: 'k_live_',
    pattern: /\b([sr]k_live_)(?<secret>[A-Za-z0-9]{20,247})\b/g,
    isReal,
  },
  { id: 'google-api-key', severity: 'high', word: 'AIza', pattern: /\b(AIza)(?<secret>[\w-]{35})(?![\w-])/g, isReal },
  {
    id: 'json-web-token',
    severity: 'high',
    word: 'eyJ',
    pattern: /\b(eyJ)(?<secret>[\w-]{10,2000}\.eyJ[\w-]{10,4000}\.[\w-]{20,1000})/g,
  },
  {
    id: 'wireguard-key',
    severity: 'critical',
    word: 'Key',
    pattern: /^\s{0,8}((?:Private|Preshared)Key\s{0,4}=\s{0,4})(?<secret>[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)/gm,
  },
  {
    id: 'url-password',
    severity: 'high',
    word: '://',
    pattern: /\b([a-z][a-z0-9+.-]{1,19}:\/\/)(?<secret>[^\s:/@"'<>{}$]{1,64}:[^\s:/@"'<>{}$%*]{4,128})@[\w.[\]-]/g,
    isReal: (secret) => !/:(?:pass(?:word|wd)?|secret|pwd|xxx+|\w*token|\.{3}|changeme)$/i.test(secret),
  },
]

/** A secret in a text, by the rule that recognised it. */
export type ContentMatch = { rule: string; severity: Severity; line: number; masked: string; index: number }

/** Most matches of one file; a file with more is known well enough. */
const matchesMax = 50

/** Finds what our own patterns recognise in a text. Examples of documentations are left out. */
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
