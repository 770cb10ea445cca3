import 'server-only'
import { unstable_rethrow } from 'next/navigation'
import type { z } from 'zod'
import { currentContext, type SessionContext } from '@/lib/auth/session'
import { toRefusal } from '@/lib/fields'
import { logFault } from '@/lib/log'
import type { ActionResult, Result } from '@/lib/result'

/**
 * Makes a server action of one domain operation: who asks and when, parse, run, catch faults. An action is a public
 * endpoint, so its input is unknown until the schema has said otherwise. A fault is logged; the browser gets a reference.
 */
export function defineAction<S extends z.ZodType, T>(
  schema: S,
  run: (ctx: SessionContext, input: z.output<S>) => Promise<Result<T>>,
): (input: z.input<S>) => Promise<ActionResult<T>> {
  return async (input) => {
    try {
      const ctx = await currentContext()
      if (!ctx) return { ok: false, refusal: { code: 'SIGNED_OUT' } }
      const parsed = schema.safeParse(input)
      if (!parsed.success) return { ok: false, refusal: toRefusal(parsed.error) }
      return await run(ctx, parsed.data)
    } catch (error) {
      unstable_rethrow(error)
      return { ok: false, refusal: { code: 'FAULT', reference: logFault(error, run.name) } }
    }
  }
}
