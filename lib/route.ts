import 'server-only'
import type { NextRequest } from 'next/server'
import type { z } from 'zod'
import { currentContext, type SessionContext } from '@/lib/context'
import { isSilent } from '@/lib/db/errors'
import { toRefusal } from '@/lib/fields'
import { logFault } from '@/lib/log'
import { observe } from '@/lib/observe'
import { markOfHeaders, readOnlyHeader, refusePage } from '@/lib/page-mark'
import { requestPatienceMs, within } from '@/lib/patience'
import { isDiskFull, isReadOnly } from '@/lib/read-only'
import { type Fault, type Refusal, Refused } from '@/lib/result'

type RouteParams = { params: Promise<Record<string, string>> }
type Answer<T> =
  | { status: 200; body: T }
  | { status: 400 | 401 | 404 | 409 | 500 | 503; body: { refusal: Refusal | Fault } }

/**
 * Makes a GET route of one read: the door for refetches of what a page has rendered with the same read. Nobody signed in
 * is 401, a page of another account or build 409, a bad parameter 400, nothing to see 404 (not there and not yours are one
 * answer), a fault 500 with a reference. One that writes, too, and could not do so now (`Refused`) is 503: it may be asked again. So is
 * a database that does not answer within 4 s.
 */
export function defineRead<S extends z.ZodType, T>(
  schema: S,
  read: (ctx: SessionContext, params: z.output<S>) => Promise<T | null>,
) {
  const answer = async (request: NextRequest, { params }: RouteParams): Promise<Answer<T>> => {
    try {
      const ctx = await currentContext()
      const refusal = refusePage(markOfHeaders(request.headers), ctx?.viewer ?? null)
      if (refusal && refusal.code !== 'SIGNED_OUT') return { status: 409, body: { refusal } }
      if (!ctx) return { status: 401, body: { refusal: { code: 'SIGNED_OUT' } } }
      const parsed = schema.safeParse({ ...Object.fromEntries(request.nextUrl.searchParams), ...(await params) })
      if (!parsed.success) return { status: 400, body: { refusal: toRefusal(parsed.error) } }
      const value = await within(requestPatienceMs, read(ctx, parsed.data))
      return value === null
        ? { status: 404, body: { refusal: { code: 'IMAGE_NOT_FOUND' } } }
        : { status: 200, body: value }
    } catch (error) {
      if (error instanceof Refused) return { status: 503, body: { refusal: error.refusal } }
      if (isDiskFull(error)) return { status: 503, body: { refusal: { code: 'READ_ONLY' } } }
      const reference = logFault(error, request.nextUrl.pathname)
      return { status: isSilent(error) ? 503 : 500, body: { refusal: { code: 'FAULT', reference } } }
    }
  }
  return async (request: NextRequest, route: RouteParams): Promise<Response> => {
    const observed = { kind: 'read' as const, operation: read.name, head: request.headers, endOf: endOf<T> }
    const { status, body } = await observe(observed, () => answer(request, route))
    const again: Record<string, string> = status === 503 ? { 'Retry-After': '1' } : {}
    const readOnly = (await isReadOnly()) ? '1' : '0'
    const headers = { 'Cache-Control': 'private, no-store', [readOnlyHeader]: readOnly, ...again }
    return Response.json(body, { status, headers })
  }
}

function endOf<T>(answer: Answer<T>) {
  if (answer.status === 200) return { outcome: 'ok' as const, code: null }
  const { code } = answer.body.refusal
  if (code === 'FAULT') return { outcome: 'fault' as const, code: null }
  return { outcome: 'refused' as const, code }
}
