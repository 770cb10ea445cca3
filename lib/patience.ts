import { parseDuration } from './format'

/** The time limit of a page's reads: it then reports within 10 s that the database does not answer. */
export const requestPatienceMs = parseDuration(process.env.ECS_DATABASE_WAIT || '4s')

/** The least time for a read after a page has used up its limit, for example by loading code on a freshly started server. */
const leastPatienceMs = 1_000

/** How long a page's next read may wait, `passedMs` milliseconds after the page began. */
export function patienceLeft(passedMs: number): number {
  return Math.max(leastPatienceMs, requestPatienceMs - passedMs)
}

/** How long an operation waits for row locks before it is refused with BUSY. */
export const lockPatienceMs = parseDuration(process.env.ECS_LOCK_WAIT || '10s')

/** The time limit of an action: longer than that of locks, because BUSY says more than that no answer came. */
export const actionPatienceMs = lockPatienceMs + 2_000

/** Thrown when something did not answer in time. It may still be running. */
export class Late extends Error {
  constructor(ms: number) {
    super(`No answer in ${ms} ms.`)
  }
}

/** Waits for `work` at most `ms` milliseconds, then throws `Late`. A later result or error is ignored. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late(ms)), ms)
  })
  work.catch(() => {})
  return await Promise.race([work, late]).finally(() => clearTimeout(timer))
}
