import 'server-only'
import type { NextRequest } from 'next/server'
import type { z } from 'zod'
import { currentContext, type SessionContext } from '@/lib/auth/session'
import { toRefusal } from '@/lib/fields'
import { logFault } from '@/lib/log'

type RouteParams = { params: Promise<Record<string, string>> }

/**
 * Makes a GET route of one read: the door for refetches of what a page has rendered with the same read. Nobody signed in
 * is 401, a bad parameter 400, nothing to see 404 (not there and not yours are one answer), a fault 500 with a reference.
 */
export function defineRead<S extends z.ZodType, T>(
  schema: S,
  read: (ctx: SessionContext, params: z.output<S>) => Promise<T | null>,
) {
  return async (request: NextRequest, { params }: RouteParams): Promise<Response> => {
    try {
      const ctx = await currentContext()
      if (!ctx) return answer(401, { refusal: { code: 'SIGNED_OUT' } })
      const parsed = schema.safeParse({ ...Object.fromEntries(request.nextUrl.searchParams), ...(await params) })
      if (!parsed.success) return answer(400, { refusal: toRefusal(parsed.error) })
      const value = await read(ctx, parsed.data)
      return value === null ? answer(404, { refusal: { code: 'IMAGE_NOT_FOUND' } }) : answer(200, value)
    } catch (error) {
      return answer(500, { refusal: { code: 'FAULT', reference: logFault(error, request.nextUrl.pathname) } })
    }
  }
}

function answer(status: number, body: unknown): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'private, no-store' } })
}
