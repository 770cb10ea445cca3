import type { RefusalOf } from '@/lib/result'

/** Longest username of a master account, and longest login of a sub-account. */
export const usernameMax = 32
export const displayNameMax = 64
/** `<login>@<master>`, both at most 32. */
export const signInNameMax = 2 * usernameMax + 1
/** NIST SP 800-63B: only length counts, so there is no rule of composition. */
export const passwordMin = 10
export const passwordMax = 128

/** Sub-accounts of one master account, disabled ones included, because each of them gets every notice of the tenant. */
export const subAccountsMax = 100

/** Unknown usernames per hour and master account, in look-ups and shares together (rule 12). */
export const unknownLookupsMax = 60
export const unknownLookupsWindowMs = 60 * 60 * 1000
/** Once these are used up, a master account's share submits must be this far apart (rule 14). */
export const shareTryIntervalMs = 60 * 1000

const usernamePattern = /^[a-z][a-z0-9]*([-._][a-z0-9]+)*$/

/**
 * The form in which a username is stored and compared: lower case, without surrounding space and without invisible characters
 * from a paste. Compatibility forms (full-width letters) become plain ones, format characters (zero-width spaces, direction
 * marks) are removed, and every dash becomes a hyphen. Look-alikes from other alphabets are kept.
 */
export function foldUsername(typed: string): string {
  return plain(typed).trim().toLowerCase()
}

function plain(typed: string): string {
  return typed
    .normalize('NFKC')
    .replace(/\p{Cf}/gu, '')
    .replace(/[\p{Pd}\u2212]/gu, '-')
}

/** Whether a master account can have this username; also for the login part of a sub-account's name. */
export function isUsername(name: string): boolean {
  return name.length <= usernameMax && usernamePattern.test(name)
}

/** Why a folded word cannot be the username of a master account. */
export type UsernameProblem =
  | { code: 'email' | 'sub-account' | 'start' | 'separators' }
  | { code: 'too-long'; max: number }
  /** `codePoint` as "U+0430", because a look-alike cannot be told by its shape. */
  | { code: 'character'; character: string; codePoint: string }

/** The problem of a folded word as a username, or null if an account could have it. Needs no look-up. */
export function usernameProblem(word: string): UsernameProblem | null {
  if (isUsername(word)) return null
  const [login = '', master = '', ...more] = word.split('@')
  if (more.length === 0 && isUsername(login) && isUsername(master) && !master.includes('.')) {
    return { code: 'sub-account' }
  }
  if (/[^\s@<>]@[^\s@<>]/.test(word)) return { code: 'email' }
  const wrong = [...word].find((character) => !/[a-z0-9._-]/.test(character))
  if (wrong !== undefined) {
    const codePoint = (wrong.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return { code: 'character', character: wrong, codePoint: `U+${codePoint}` }
  }
  if (word.length > usernameMax) return { code: 'too-long', max: usernameMax }
  return /^[a-z]/.test(word) ? { code: 'separators' } : { code: 'start' }
}

// A quoted name, an address in angle brackets, a run of separators, a word, or a lone quote or bracket.
const tokens = /"[^"\n]*"|<[^<>\n]*>|[\s,;、]+|[^\s,;、<"]+|[<"]/gu
const quotes = /^["'“”‘’«»]+|["'“”‘’«»]+$/gu

/**
 * The usernames in a text, folded and without duplicates: separated by commas, semicolons or white space, with or
 * without quotes. `Name <name@example.com>` stays one entry: otherwise the first name would be looked up as a username.
 */
export function splitUsernames(text: string): string[] {
  const entries: string[] = []
  let words: string[] = []
  const endWords = () => {
    for (const word of words) entries.push(word.replace(quotes, ''))
    words = []
  }
  for (const [token] of plain(text).matchAll(tokens)) {
    if (token.startsWith('<') && token.endsWith('>')) {
      entries.push([...words, token].join(' '))
      words = []
    } else if (!/^[\s,;、]/u.test(token)) words.push(token)
    // Only a space can be inside a person's name.
    else if (token.trim() !== '' || token.includes('\n')) endWords()
  }
  endWords()
  return [...new Set(entries.map(foldUsername).filter(Boolean))]
}

/** The unknown usernames that a master account looked up within the hour before `now`. */
export type Lookups = {
  now: Date
  names: string[]
  /** When the oldest of them no longer counts; `now` if there are none. */
  resetsAt: Date
  /** The last share submit that was allowed while they were used up. */
  lastTryAt: Date | null
}

/** Whether look-ups answer nothing, and share submits are limited to one a minute (rule 14). */
export function areLookupsUsedUp({ names }: Lookups): boolean {
  return names.length >= unknownLookupsMax
}

/** The given unknown usernames that count: not impossible usernames, and no name twice an hour. */
export function countedUnknown(lookups: Lookups, unknown: string[]): string[] {
  return unknown.filter((name) => isUsername(name) && !lookups.names.includes(name))
}

/** The earliest next share submit after one at `lastTryAt`; earlier if look-ups work again by then. */
export function nextTryAt({ resetsAt }: Lookups, lastTryAt: Date): Date {
  return new Date(Math.min(lastTryAt.getTime() + shareTryIntervalMs, resetsAt.getTime()))
}

/** Until when share submits are refused before their usernames are checked; null if one is allowed now. */
export function waitsUntil(lookups: Lookups): Date | null {
  if (!areLookupsUsedUp(lookups) || lookups.lastTryAt === null) return null
  const next = nextTryAt(lookups, lookups.lastTryAt)
  return next > lookups.now ? next : null
}

/** Rule 15: the policies of a master account for incoming shares. The first is the default. */
export const incomingPolicies = ['ALL', 'ASK', 'NAMED'] as const
export type IncomingPolicyName = (typeof incomingPolicies)[number]
/** The most usernames on each of a master account's two lists. */
export const incomingNamesMax = 200

/** A recipient's policy, and on which of its lists the sharer's master account is. */
export type IncomingFacts = { policy: IncomingPolicyName; isAllowed: boolean; isBlocked: boolean }

/**
 * Rule 15: whether a new share from a sharer is accepted at once, waits for its recipient, or is answered as if the recipient
 * did not exist. The block list is checked first; the allow list counts only under `NAMED`.
 */
export function incomingAnswer({ policy, isAllowed, isBlocked }: IncomingFacts): 'accept' | 'ask' | 'refuse' {
  if (isBlocked) return 'refuse'
  if (policy === 'NAMED') return isAllowed ? 'accept' : 'refuse'
  return policy === 'ASK' ? 'ask' : 'accept'
}

/** A masked display name: it confirms a recipient to people who know it and reveals little to others. */
export function maskDisplayName(name: string): string {
  return name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const letters = [...word]
      return `${letters[0] ?? ''}${'•'.repeat(Math.min(letters.length - 1, 6))}`
    })
    .join(' ')
}

/** Rule 30: refuses a further sub-account if the master account has the most allowed. */
export function refuseSubAccount(existing: number): RefusalOf<'SUB_ACCOUNTS_FULL'> | null {
  return existing >= subAccountsMax ? { code: 'SUB_ACCOUNTS_FULL', max: subAccountsMax } : null
}
