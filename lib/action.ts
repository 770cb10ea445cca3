import 'server-only'
import { unstable_rethrow } from 'next/navigation'
import type { z } from 'zod'
import { currentContext, type SessionContext } from '@/lib/auth/session'
import { logFault } from '@/lib/log'
import type { ActionResult, InputProblem, Refusal, Result } from '@/lib/result'

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

const problems: readonly string[] = [
  'required',
  'too-short',
  'too-long',
  'too-many',
  'characters',
  'format',
  'number',
] satisfies InputProblem[]

function isProblem(message: string): message is InputProblem {
  return problems.includes(message)
}

/** The refusal of a bad input: the first field that is wrong, and what is wrong with it. */
export function toRefusal(error: z.ZodError): Refusal {
  const issue = error.issues[0]
  const field = issue?.path.find((part) => typeof part === 'string') ?? ''
  const message = issue?.message ?? ''
  return { code: 'INVALID_INPUT', field: String(field), problem: isProblem(message) ? message : 'invalid' }
}
