/** A session ends by itself after this long. */
export const sessionMs = 12 * 60 * 60 * 1000

/** Failures are remembered this long. */
export const failureWindowMs = 15 * 60 * 1000
/** Failures of one username from one source before waits begin. */
export const failuresPerSourceMax = 10
/** Failures of one username from everywhere before waits begin. */
export const failuresPerUsernameMax = 100
const firstWaitMs = 5_000
/** No wait is longer: a stranger's failures may slow the owner of a name down, never lock him out. */
const longestWaitMs = 60_000

export type Failures = { count: number; lastAt: Date | null }

/** How many milliseconds until the next try is looked at; 0 means now. Waits double with each failure over the limit. */
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
