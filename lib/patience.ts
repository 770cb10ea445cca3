/** How long a request waits for the database: a page then says within 10 s that it does not answer. */
export const requestPatienceMs = 4_000

/** How long an action may take. Longer than a lock is waited for (10 s), because BUSY says more than a timeout. */
export const actionPatienceMs = 12_000

/** Thrown when something did not answer in time. It may still be under way. */
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
