import 'server-only'
import type { NextRequest } from 'next/server'
import type { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import { currentContext } from '@/lib/context'
import { isSilent } from '@/lib/db/errors'
import { toRefusal } from '@/lib/fields'
import { logFault } from '@/lib/log'
import { observe } from '@/lib/observe'
import { identityOfHeaders, readOnlyHeader, refusePage } from '@/lib/page-identity'
import { requestPatienceMs, within } from '@/lib/patience'
import { isDiskFull, isReadOnly } from '@/lib/read-only'
import { type Fault, type Refusal, Refused } from '@/lib/result'
import { statusOf } from '@/lib/status'

type RouteParams = { params: Promise<Record<string, string>> }
type Answer<T> = { status: 200; body: T } | RefusedAnswer
type RefusedAnswer = { status: number; body: { refusal: Refusal | Fault } }

/**
 * Makes GET routes of reads, given a way to authenticate. 401: signed out. 409: the page belongs to another account or
 * build. 400: bad parameters. 404: missing or another tenant's. 500: a fault, with a reference. A `Refused` has the
 * status of its refusal. 503: may be retried, also if the database does not answer within 4 s.
 */
const readsFor =
  <C extends Context>(authenticate: (request: NextRequest) => Promise<C | null>) =>
  <S extends z.ZodType, T>(
    schema: S,
    read: (ctx: C, params: z.output<S>) => Promise<T | null>,
    absent: 'IMAGE_NOT_FOUND' | 'INSTANCE_NOT_FOUND' = 'IMAGE_NOT_FOUND',
  ) => {
    const answer = async (request: NextRequest, { params }: RouteParams): Promise<Answer<T>> => {
      try {
        const ctx = await authenticate(request)
        const refusal = refusePage(identityOfHeaders(request.headers), ctx?.viewer ?? null)
        if (refusal || !ctx) return refused(refusal ?? { code: 'SIGNED_OUT' })
        const parsed = schema.safeParse({ ...Object.fromEntries(request.nextUrl.searchParams), ...(await params) })
        if (!parsed.success) return refused(toRefusal(parsed.error))
        const value = await within(requestPatienceMs, read(ctx, parsed.data))
        return value === null ? refused({ code: absent }) : { status: 200, body: value }
      } catch (error) {
        if (error instanceof Refused) return refused(error.refusal)
        if (isDiskFull(error)) return refused({ code: 'READ_ONLY' })
        const reference = logFault(error, request.nextUrl.pathname)
        const fault = refused({ code: 'FAULT', reference })
        return isSilent(error) ? { ...fault, status: 503 } : fault
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

/** A route for refetches of what a page has rendered with the same read. */
export const defineRead = readsFor(currentContext)

function refused(refusal: Refusal | Fault): RefusedAnswer {
  return { status: statusOf(refusal), body: { refusal } }
}

function isRefused<T>(answer: Answer<T>): answer is RefusedAnswer {
  return answer.status !== 200
}

function endOf<T>(answer: Answer<T>) {
  if (!isRefused(answer)) return { outcome: 'ok' as const, code: null }
  const { code } = answer.body.refusal
  if (code === 'FAULT') return { outcome: 'fault' as const, code: null }
  return { outcome: 'refused' as const, code }
}
