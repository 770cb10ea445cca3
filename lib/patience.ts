import { parseDuration } from './format'

/** A page then says within 10 s that the database does not answer. */
export const requestPatienceMs = parseDuration(process.env.ECS_DATABASE_WAIT || '4s')

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
