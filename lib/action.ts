import 'server-only'
import { refresh } from 'next/cache'
import { headers } from 'next/headers'
import { redirect, unstable_rethrow } from 'next/navigation'
import { z } from 'zod'
import { noteRefusal, triedOf } from '@/lib/audit/writes-refused'
import type { Context } from '@/lib/auth/viewer'
import { currentContext } from '@/lib/context'
import { isSilent } from '@/lib/db/errors'
import { idempotencyKeyOf } from '@/lib/db/once'
import { toRefusal } from '@/lib/fields'
import { type Action, type FormAnswer, readForm } from '@/lib/form-data'
import { logFault } from '@/lib/log'
import { countShares, type Outcome } from '@/lib/metrics'
import { observe } from '@/lib/observe'
import { type PageIdentity, refusePage } from '@/lib/page-identity'
import { safeNext } from '@/lib/paths'
import { actionPatienceMs, within } from '@/lib/patience'
import { type Needs, needsOf, refuseUnpermitted } from '@/lib/permissions'
import { isDiskFull, isReadOnly } from '@/lib/read-only'
import type { ActionResult, Fault, Refusal, Result } from '@/lib/result'

const short = z.string().max(128).optional()
/** From the form, so it may hold anything; invalid values are ignored. */
const pageIdentity = z.object({ account: short, build: short, key: short }).catch({})

/**
 * `needs`: required, so that no action lacks a decision. `freesSpace`: allowed in read-only mode. `refreshesPage`: the
 * answer includes the rerendered page, so that it is rendered for the account that asked.
 */
type Options<Input> = { needs: Needs<Input>; freesSpace?: boolean; refreshesPage?: boolean }

/**
 * Makes server actions with a given way to authenticate. An action is one domain operation: authenticate, check the page, parse
 * the input, check permissions, run, catch faults. It is a public endpoint, so its input is unknown until the schema has parsed
 * it; only this function reads forms. In read-only mode, operations that do not free space are refused. A fault is logged, and
 * the browser gets a reference. After 12 s without a result, the answer is a fault that says that the outcome is unclear.
 */
const actionsFor =
  <C extends Context>(authenticate: () => Promise<C | null>) =>
  <S extends z.ZodType, T>(
    schema: S,
    run: (ctx: C, input: z.output<S>) => Promise<Result<T>>,
    { needs, freesSpace = false, refreshesPage = false }: Options<z.output<S>>,
  ): Action<z.input<S>, T> => {
    const answer = async (input: unknown, page: PageIdentity): Promise<ActionResult<T>> => {
      let hasBegun = false
      try {
        const ctx = await authenticate()
        const refused = refusePage(page, ctx?.viewer ?? null)
        if (refused || !ctx) return { ok: false, refusal: refused ?? { code: 'SIGNED_OUT' } }
        if (!freesSpace && (await isReadOnly())) return { ok: false, refusal: { code: 'READ_ONLY' } }
        const parsed = schema.safeParse(input)
        if (!parsed.success) return { ok: false, refusal: toRefusal(parsed.error) }
        const unpermitted = refuseUnpermitted(ctx.viewer, needsOf(needs, parsed.data))
        if (unpermitted) {
          await noteRefusal(ctx, triedOf(run.name, unpermitted, parsed.data))
          return { ok: false, refusal: unpermitted }
        }
        const idempotencyKey = page.key && idempotencyKeyOf(run.name, ctx, page.key, parsed.data)
        hasBegun = true
        const result = await within(
          actionPatienceMs,
          run(idempotencyKey ? { ...ctx, idempotencyKey } : ctx, parsed.data),
        )
        if (!result.ok) {
          await noteRefusal(ctx, triedOf(run.name, result.refusal, parsed.data))
          return result
        }
        if (!result.isReplay) countShares(run.name, result.value)
        if (refreshesPage) refresh()
        return { ok: true, value: result.value }
      } catch (error) {
        unstable_rethrow(error)
        return { ok: false, refusal: refusalOf(error, run.name, hasBegun) }
      }
    }
    const observed = async (input: unknown, page: PageIdentity): Promise<ActionResult<T>> => {
      const head = await headers()
      return await observe({ kind: 'action', operation: run.name, head, endOf }, () => answer(input, page))
    }
    async function action(input: z.input<S>, page?: PageIdentity): Promise<ActionResult<T>>
    async function action(before: FormAnswer<T> | null, form: FormData): Promise<FormAnswer<T>>
    async function action(first: unknown, second?: FormData | PageIdentity): Promise<ActionResult<T> | FormAnswer<T>> {
      if (!(second instanceof FormData)) return await observed(first, pageIdentity.parse(second ?? {}))
      const { input, page, typed, next } = readForm(second)
      const result = await observed(input, pageIdentity.parse(page))
      // With scripts the page navigates by itself; without them the server redirects.
      if (result.ok && next && !(await headers()).has('next-action')) redirect(safeNext(next))
      return { ...result, typed }
    }
    return action
  }

/** An action for the account that is signed in in this browser. */
export const defineAction = actionsFor(currentContext)

/** If it ended before the operation began, nothing was done, and the answer says so. */
function refusalOf(error: unknown, operation: string, hasBegun: boolean): Refusal | Fault {
  if (isDiskFull(error)) return { code: 'READ_ONLY' }
  const fault = { code: 'FAULT', reference: logFault(error, operation) } as const
  return hasBegun && isSilent(error) ? { ...fault, isUnclear: true } : fault
}

function endOf<T>(answer: ActionResult<T>): { outcome: Outcome; code: string | null } {
  if (answer.ok) return { outcome: 'ok', code: null }
  const { code } = answer.refusal
  return code === 'FAULT' ? { outcome: 'fault', code: null } : { outcome: 'refused', code }
}
