import 'server-only'
import { log, requestIdOf, withLogFields } from '@/lib/log'
import { countRequest, type Outcome, type RequestKind } from '@/lib/metrics'

type Observed<T> = {
  kind: RequestKind
  operation: string
  head: Headers
  endOf: (answer: T) => { outcome: Outcome; code: string | null }
}

/** Runs a request's handler with a request id in all its log lines, with metrics and one log line at its end. */
export async function observe<T>({ kind, operation, head, endOf }: Observed<T>, run: () => Promise<T>): Promise<T> {
  return await withLogFields({ request: requestIdOf(head) }, async () => {
    const began = performance.now()
    const answer = await run()
    const { outcome, code } = endOf(answer)
    const seconds = (performance.now() - began) / 1_000
    countRequest({ kind, operation, outcome, seconds, code })
    log.debug({ kind, operation, outcome, code, ms: Math.round(seconds * 1_000) }, 'answered')
    return answer
  })
}
