import 'server-only'
import type { NextRequest } from 'next/server'
import type { z } from 'zod'
import { noteRefusal } from '@/lib/audit/writes-refused'
import type { Context } from '@/lib/auth/viewer'
import { currentContext, type SessionContext } from '@/lib/context'
import { isSilent } from '@/lib/db/errors'
import { toRefusal } from '@/lib/fields'
import {
  asFile,
  type DownloadHolder,
  type FileFacts,
  fileHeaders,
  fileStream,
  privately,
  takeDownload,
} from '@/lib/file-stream'
import { logFault } from '@/lib/log'
import { observe } from '@/lib/observe'
import { identityOfHeaders, readOnlyHeader, refusePage } from '@/lib/page-identity'
import { requestPatienceMs, within } from '@/lib/patience'
import { type Needs, needsOf, refuseUnpermitted } from '@/lib/permissions'
import { isDiskFull, isReadOnly } from '@/lib/read-only'
import { type Fault, type Refusal, Refused } from '@/lib/result'
import { findOverSessions } from '@/lib/sessions/reads'
import { statusOf } from '@/lib/status'

type RouteParams = { params: Promise<Record<string, string>> }
type Download = { file: FileFacts; holder: DownloadHolder }
type Answer =
  | { status: 200; body: unknown }
  | { status: 200; file: JsonFile }
  | { status: 200; head: Record<string, string> }
  | ({ status: 200 } & Download)
  | RefusedAnswer
type Absent = 'IMAGE_NOT_FOUND' | 'INSTANCE_NOT_FOUND'
type JsonFile = { name: string; body: unknown }
type FileOf<T, P> = (value: T, params: P) => JsonFile | FileFacts
/** `needs`: the required permissions; `absent`: the refusal if the read finds nothing. */
type ReadOptions<P> = { needs: Needs<P>; absent?: Absent }
type RefusedAnswer = { status: number; body: { refusal: Refusal | Fault } }

/**
 * Makes GET routes of reads with a given way to authenticate. 401: signed out. 409: the page belongs to another account or
 * build. 400: bad parameters. 403: a policy is missing. 404: missing or another tenant's. 500: a fault, with a reference. A
 * `Refused` has the status of its refusal. 503: may be retried; also if the database does not answer within 4 s.
 */
const readsFor =
  <C extends Context>(authenticate: (request: NextRequest) => Promise<C | null>) =>
  <S extends z.ZodType, T>(
    schema: S,
    read: (ctx: C, params: z.output<S>) => Promise<T | null>,
    { needs, absent = 'IMAGE_NOT_FOUND' }: ReadOptions<z.output<S>>,
    fileOf?: FileOf<T, z.output<S>>,
  ) => {
    const answer = async (request: NextRequest, { params }: RouteParams): Promise<Answer> => {
      let ctx: C | null = null
      try {
        ctx = await authenticate(request)
        const refusal = refusePage(identityOfHeaders(request.headers), ctx?.viewer ?? null)
        if (refusal || !ctx) return refused(refusal ?? { code: 'SIGNED_OUT' })
        const parsed = schema.safeParse({ ...paramsOf(request.nextUrl.searchParams), ...(await params) })
        if (!parsed.success) return refused(toRefusal(parsed.error))
        const unpermitted = refuseUnpermitted(ctx.viewer, needsOf(needs, parsed.data))
        if (unpermitted) throw new Refused(unpermitted)
        const value = await within(requestPatienceMs, read(ctx, parsed.data))
        if (value === null) return refused({ code: absent })
        if (!fileOf) return { status: 200, body: value }
        const file = fileOf(value, parsed.data)
        if (!('parts' in file)) return { status: 200, file }
        if (request.method === 'HEAD') return { status: 200, head: fileHeaders(file) }
        const onEnd = takeDownload(ctx.viewer.ownerId)
        return onEnd ? { status: 200, file, holder: { onEnd, isOver: isOver(ctx) } } : refused({ code: 'BUSY' })
      } catch (error) {
        if (error instanceof Refused) {
          if (ctx) await noteRefusal(ctx, { operation: read.name, code: error.refusal.code })
          return refused(error.refusal)
        }
        if (isDiskFull(error)) return refused({ code: 'READ_ONLY' })
        const reference = logFault(error, request.nextUrl.pathname)
        const fault = refused({ code: 'FAULT', reference })
        return isSilent(error) ? { ...fault, status: 503 } : fault
      }
    }
    return async (request: NextRequest, route: RouteParams): Promise<Response> => {
      const observed = { kind: 'read' as const, operation: read.name, head: request.headers, endOf }
      const given = await observe(observed, () => answer(request, route))
      const again: Record<string, string> = given.status === 503 ? { 'Retry-After': '1' } : {}
      const readOnly = (await isReadOnly()) ? '1' : '0'
      const headers = { ...privately, [readOnlyHeader]: readOnly, ...again }
      if ('head' in given) return new Response(null, { headers: { ...headers, ...given.head } })
      if (!('file' in given)) return Response.json(given.body, { status: given.status, headers })
      if ('holder' in given) return fileStream(given.file, headers, given.holder)
      const { file } = given
      return Response.json(file.body, { headers: { ...headers, ...asFile(file.name) } })
    }
  }

const readWith = readsFor(currentContext)

/** A route to refetch what a page has rendered with the same read. */
export function defineRead<S extends z.ZodType, T>(
  schema: S,
  read: (ctx: SessionContext, params: z.output<S>) => Promise<T | null>,
  options: ReadOptions<z.output<S>>,
) {
  return readWith(schema, read, options)
}

/**
 * A route whose answer is saved as a file, whole or streamed. A fault in the middle of a stream aborts the download.
 */
export function defineFile<S extends z.ZodType, T>(
  schema: S,
  read: (ctx: SessionContext, params: z.output<S>) => Promise<T | null>,
  fileOf: FileOf<T, z.output<S>>,
  options: ReadOptions<z.output<S>>,
) {
  return readWith(schema, read, options, fileOf)
}

/** The parameters of a URL. A repeated one becomes a list. */
function paramsOf(search: URLSearchParams): Record<string, string | string[]> {
  const given = (name: string) => {
    const values = search.getAll(name)
    return values.length > 1 ? values : (values[0] ?? '')
  }
  return Object.fromEntries([...search.keys()].map((name) => [name, given(name)]))
}

/** Whether the session of a request has ended since. */
const isOver = (ctx: Context) => async () =>
  'sessionId' in ctx && typeof ctx.sessionId === 'string' && (await findOverSessions([ctx.sessionId])).length > 0

function refused(refusal: Refusal | Fault): RefusedAnswer {
  return { status: statusOf(refusal), body: { refusal } }
}

function isRefused(answer: Answer): answer is RefusedAnswer {
  return answer.status !== 200
}

function endOf(answer: Answer) {
  if (!isRefused(answer)) return { outcome: 'ok' as const, code: null }
  const { code } = answer.body.refusal
  if (code === 'FAULT') return { outcome: 'fault' as const, code: null }
  return { outcome: 'refused' as const, code }
}
