/** Rule 25: a session that is not used for this long ends. */
export const sessionMs = 12 * 60 * 60 * 1000
/** A session in use is renewed at most this often, so that reading pages costs no writes. */
const renewedEveryMs = 60 * 60 * 1000

/** How long failures count. */
export const failureWindowMs = 15 * 60 * 1000
/** Failures for one username from one source before the next attempt must wait. */
export const failuresPerSourceMax = 10
/** Failures for one username from all sources before the next attempt must wait. */
export const failuresPerUsernameMax = 100
const firstWaitMs = 5_000
/** The longest wait: strangers' failures may slow an account's owner down, never lock the owner out. */
const longestWaitMs = 60_000

export type SessionTimes = { createdAt: Date; expiresAt: Date }

/** The end of a session that is used now: `sessionMs` from now, and at most `maxMs` after its sign-in. */
export function sessionEnd(now: Date, createdAt: Date, maxMs: number): Date {
  return new Date(Math.min(now.getTime() + sessionMs, createdAt.getTime() + maxMs))
}

/** The new end of a session in use, or null if it is too early to renew it or it cannot last longer. */
export function renewedEnd(now: Date, { createdAt, expiresAt }: SessionTimes, maxMs: number): Date | null {
  const wasRenewedAt = expiresAt.getTime() - sessionMs
  if (now.getTime() - wasRenewedAt < renewedEveryMs) return null
  const end = sessionEnd(now, createdAt, maxMs)
  return end > expiresAt ? end : null
}

export type Failures = { count: number; lastAt: Date | null }

/** Milliseconds until the next attempt is accepted; 0 means now. Waits double with each failure over the limit. */
export function signInWait(now: Date, fromSource: Failures, fromEverywhere: Failures | null): number {
  return Math.max(
    wait(now, fromSource, failuresPerSourceMax),
    fromEverywhere ? wait(now, fromEverywhere, failuresPerUsernameMax) : 0,
  )
}

function wait(now: Date, failures: Failures, max: number): number {
  if (failures.count < max || !failures.lastAt) return 0
  const length = Math.min(firstWaitMs * 2 ** (failures.count - max), longestWaitMs)
  return Math.max(0, failures.lastAt.getTime() + length - now.getTime())
}

/** A place without sign-ins for this long is new again. */
export const placeKeptMs = 90 * 24 * 60 * 60 * 1000

/** The network within which a person may move without a notice: an IPv4 /24 or an IPv6 /48. Null without an address. */
export function placeOf(address: string | null): string | null {
  if (address === null) return null
  const mapped = address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  if (!mapped.includes(':')) return `${mapped.split('.').slice(0, 3).join('.')}.0/24`
  const [front = '', back] = mapped.split('::')
  const groups = front === '' ? [] : front.split(':')
  const missing = back === undefined ? 0 : 8
  const padded = [...groups, ...Array.from({ length: missing }, () => '0')].slice(0, 3)
  return `${padded.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/48`
}

/** Whether a sign-in causes a notice: from a new network, by an unknown browser, and not the account's first. */
export function isNewPlace(facts: { isKnownBrowser: boolean; isKnownPlace: boolean; hasPlaces: boolean }): boolean {
  return facts.hasPlaces && !facts.isKnownPlace && !facts.isKnownBrowser
}
