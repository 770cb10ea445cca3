import { parseDuration } from './format'

/** A page then says within 10 s that the database does not answer. */
export const requestPatienceMs = parseDuration(process.env.ECS_DATABASE_WAIT || '4s')

/** A page spends its patience on loading code, too, as on a server that has just started. What it asks for after that gets this long. */
const leastPatienceMs = 1_000

/** How long a page that has spent `passedMs` milliseconds waits for what it asks for now. */
export function patienceLeft(passedMs: number): number {
  return Math.max(leastPatienceMs, requestPatienceMs - passedMs)
}

/** How long an operation waits for rows that others have locked, before it is refused with BUSY. */
export const lockPatienceMs = parseDuration(process.env.ECS_LOCK_WAIT || '10s')

/** How long an action waits for its end: longer than for a lock, because BUSY says more than that no answer came. */
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
