import 'server-only'
import { headers } from 'next/headers'
import { unstable_rethrow } from 'next/navigation'
import type { z } from 'zod'
import { currentContext, type SessionContext } from '@/lib/auth/session'
import { toRefusal } from '@/lib/fields'
import { logFault } from '@/lib/log'
import { countShares, type Outcome } from '@/lib/metrics'
import { observe } from '@/lib/observe'
import type { ActionResult, Result } from '@/lib/result'

/**
 * Makes a server action of one domain operation: who asks and when, parse, run, catch faults. An action is a public
 * endpoint, so its input is unknown until the schema has said otherwise. A fault is logged; the browser gets a reference.
 */
export function defineAction<S extends z.ZodType, T>(
  schema: S,
  run: (ctx: SessionContext, input: z.output<S>) => Promise<Result<T>>,
): (input: z.input<S>) => Promise<ActionResult<T>> {
  const answer = async (input: z.input<S>): Promise<ActionResult<T>> => {
    try {
      const ctx = await currentContext()
      if (!ctx) return { ok: false, refusal: { code: 'SIGNED_OUT' } }
      const parsed = schema.safeParse(input)
      if (!parsed.success) return { ok: false, refusal: toRefusal(parsed.error) }
      const result = await run(ctx, parsed.data)
      if (result.ok) countShares(run.name, result.value)
      return result
    } catch (error) {
      unstable_rethrow(error)
      return { ok: false, refusal: { code: 'FAULT', reference: logFault(error, run.name) } }
    }
  }
  return async (input) => {
    const head = await headers()
    return await observe({ kind: 'action', operation: run.name, head, endOf }, () => answer(input))
  }
}

function endOf<T>(answer: ActionResult<T>): { outcome: Outcome; code: string | null } {
  if (answer.ok) return { outcome: 'ok', code: null }
  const { code } = answer.refusal
  return code === 'FAULT' ? { outcome: 'fault', code: null } : { outcome: 'refused', code }
}
