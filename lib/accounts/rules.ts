import type { RefusalOf } from '@/lib/result'

/** Longest username of a master account, and longest login of a sub-account. */
export const usernameMax = 32
export const displayNameMax = 64
/** `<login>@<master>`, both at most 32. */
export const signInNameMax = 2 * usernameMax + 1
/** NIST SP 800-63B: length is what counts, so there is no rule of composition. */
export const passwordMin = 10
export const passwordMax = 128

/** Sub-accounts of one master account, disabled ones too: each of them gets every notice of the tenant. */
export const subAccountsMax = 100

/** Unknown usernames that one master account may ask for within an hour, by look-up and by share together (rule 12). */
export const unknownLookupsMax = 60
export const unknownLookupsWindowMs = 60 * 60 * 1000
/** While they are used up, a master account's next share submit is taken this long after the last one (rule 14). */
export const shareTryIntervalMs = 60 * 1000

const usernamePattern = /^[a-z][a-z0-9]*([-._][a-z0-9]+)*$/

/**
 * The form in which a username is stored and compared: lower case, without surrounding space, and without what a paste
 * brings along unseen. Compatibility forms (full-width letters) become the plain ones, format characters (zero-width
 * spaces, direction marks) go, and every dash becomes a hyphen. A look-alike of another alphabet stays what it is.
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

/** Whether this is the name that a master account can have (or the login part of a sub-account's). */
export function isUsername(name: string): boolean {
  return name.length <= usernameMax && usernamePattern.test(name)
}

/** Why a folded word cannot be the username of a master account. */
export type UsernameProblem =
  | { code: 'email' | 'sub-account' | 'start' | 'separators' }
  | { code: 'too-long'; max: number }
  /** `codePoint` as "U+0430": it names a look-alike that cannot be told from a letter by looking. */
  | { code: 'character'; character: string; codePoint: string }

/** What is wrong with a folded word as a username, or null if an account could have it. Needs no look-up. */
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
    // Only a space can be within a person's name.
    else if (token.trim() !== '' || token.includes('\n')) endWords()
  }
  endWords()
  return [...new Set(entries.map(foldUsername).filter(Boolean))]
}

/** The unknown usernames that a master account asked for within the hour before `now`. */
export type Lookups = {
  now: Date
  names: string[]
  /** When the first of them is forgotten; `now` when there are none. */
  resetsAt: Date
  /** When the last share submit was taken while they were used up. */
  lastTryAt: Date | null
}

/** Whether look-ups are silent, and share submits taken one a minute (rule 14). */
export function areLookupsUsedUp({ names }: Lookups): boolean {
  return names.length >= unknownLookupsMax
}

/** Which of these unknown usernames would count: a word that no account can have does not, nor the same name twice an hour. */
export function countedUnknown(lookups: Lookups, unknown: string[]): string[] {
  return unknown.filter((name) => isUsername(name) && !lookups.names.includes(name))
}

/** The moment of the next share submit after one at `lastTryAt`, or earlier, when look-ups work again. */
export function nextTryAt({ resetsAt }: Lookups, lastTryAt: Date): Date {
  return new Date(Math.min(lastTryAt.getTime() + shareTryIntervalMs, resetsAt.getTime()))
}

/** Until when share submits are refused without a look at their usernames; null when one is taken now. */
export function waitsUntil(lookups: Lookups): Date | null {
  if (!areLookupsUsedUp(lookups) || lookups.lastTryAt === null) return null
  const next = nextTryAt(lookups, lookups.lastTryAt)
  return next > lookups.now ? next : null
}

/** Rule 15: what a master account answers to images that others share with it. The first is the default. */
export const incomingPolicies = ['ALL', 'ASK', 'NAMED'] as const
export type IncomingPolicyName = (typeof incomingPolicies)[number]
/** Usernames on each of the two lists of a master account. */
export const incomingNamesMax = 200

/** What a recipient has set, and on which of its lists the sharer's master account is. */
export type IncomingFacts = { policy: IncomingPolicyName; isAllowed: boolean; isBlocked: boolean }

/**
 * Rule 15: whether a new share from a sharer is accepted at once, waits for its recipient, or is answered as if the recipient
 * did not exist. The block list comes first; the allow list counts only where named sharers alone may share.
 */
export function incomingAnswer({ policy, isAllowed, isBlocked }: IncomingFacts): 'accept' | 'ask' | 'refuse' {
  if (isBlocked) return 'refuse'
  if (policy === 'NAMED') return isAllowed ? 'accept' : 'refuse'
  return policy === 'ASK' ? 'ask' : 'accept'
}

/** A display name that confirms a recipient to people who know it and reveals little to others. */
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

/** Rule 30: whether a master account with so many sub-accounts can have one more. */
export function refuseSubAccount(existing: number): RefusalOf<'SUB_ACCOUNTS_FULL'> | null {
  return existing >= subAccountsMax ? { code: 'SUB_ACCOUNTS_FULL', max: subAccountsMax } : null
}
