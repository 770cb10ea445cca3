import 'server-only'
import type { Readable } from 'node:stream'
import type { NextRequest } from 'next/server'
import type { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import type { StoredContent } from '@/lib/blobs/schema'
import { currentContext } from '@/lib/context'
import { downloadPage } from '@/lib/download-page'
import type { DownloadRefusal } from '@/lib/download-refusal'
import { logFault, logOutage } from '@/lib/log'
import type { Outcome } from '@/lib/metrics'
import { observe } from '@/lib/observe'
import { identityOfHeaders, refusePage } from '@/lib/page-identity'
import { isPageStatus } from '@/lib/page-status'
import { type Needs, needsOf, refuseUnpermitted } from '@/lib/permissions'
import { statusOf } from '@/lib/status'
import { StoreUnreachable } from '@/lib/stores/errors'
import { isSound } from '@/lib/stores/sound'
import { storeOf } from '@/lib/stores/store'

type RouteParams = { params: Promise<Record<string, string>> }
type Range = { start: number; end: number }
type Answer = { response: Response; outcome: Outcome; code: string | null }

/**
 * Makes GET routes of stored bytes, whole or in one range. The checksum is verified before the first byte is sent.
 */
const downloadsFor =
  <C extends Context>(authenticate: (request: NextRequest) => Promise<C | null>) =>
  <S extends z.ZodType>(
    schema: S,
    read: (ctx: C, params: z.output<S>) => Promise<StoredContent | null>,
    { needs }: { needs: Needs<z.output<S>> },
  ) => {
    const answer = async (request: NextRequest, { params }: RouteParams): Promise<Answer> => {
      let region = ''
      try {
        const ctx = await authenticate(request)
        const refusal = refusePage(identityOfHeaders(request.headers), ctx?.viewer ?? null)
        if (isPageStatus(refusal) && refusal.code !== 'SIGNED_OUT') return await refuse(request, refusal)
        if (!ctx) return await refuse(request, { code: 'SIGNED_OUT' })
        const parsed = schema.safeParse({ ...Object.fromEntries(request.nextUrl.searchParams), ...(await params) })
        const unpermitted = parsed.success && refuseUnpermitted(ctx.viewer, needsOf(needs, parsed.data))
        if (unpermitted) return await refuse(request, unpermitted)
        const content = parsed.success ? await read(ctx, parsed.data) : null
        if (!content) return await refuse(request, { code: 'IMAGE_NOT_FOUND' })
        region = content.region
        const response = request.method === 'HEAD' ? await headOf(content) : await serve(request, content)
        return { response, outcome: 'ok', code: null }
      } catch (error) {
        // The client has disconnected.
        if (request.signal.aborted)
          return { response: new Response(null, { status: 499 }), outcome: 'refused', code: null }
        const where = request.nextUrl.pathname
        if (error instanceof StoreUnreachable)
          return await refuse(request, { code: 'STORE_UNREACHABLE', region, reference: logOutage(error, where) })
        return await refuse(request, { code: 'FAULT', reference: logFault(error, where) })
      }
    }
    return async (request: NextRequest, route: RouteParams): Promise<Response> => {
      const observed = {
        kind: 'transfer' as const,
        operation: read.name,
        head: request.headers,
        endOf: (end: Answer) => end,
      }
      return (await observe(observed, () => answer(request, route))).response
    }
  }

/** A download for the account that is signed in in this browser. */
export const defineDownload = downloadsFor(currentContext)

function headersOf({ fileName, sha256 }: StoredContent) {
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-store',
    'X-Content-Type-Options': 'nosniff',
    ETag: `"${sha256}"`,
  }
}

// Next.js routes HEAD to the GET handler, and never closes a body that it does not send. So only the store and the size are
// checked; bytes are read on GET.
async function headOf(content: StoredContent): Promise<Response> {
  const found = await storeOf(content.region).stat(content.key)
  if (found?.size !== content.size) throw damaged(content)
  return new Response(null, { status: 200, headers: headersOf(content) })
}

function damaged({ key, region }: StoredContent): Error {
  return new Error(`The stored bytes of ${key} in ${region} are not what was imported. Run verify.`)
}

async function serve(request: NextRequest, content: StoredContent): Promise<Response> {
  const { region, key, size } = content
  if (!(await isSound(content, request.signal))) throw damaged(content)
  const headers = headersOf(content)
  const isCurrent = (request.headers.get('if-range') ?? headers.ETag) === headers.ETag
  const range = isCurrent ? readRange(request.headers.get('range'), size) : null
  if (range === 'outside')
    return new Response(null, { status: 416, headers: { ...headers, 'Content-Range': `bytes */${size}` } })
  const { start, end } = range ?? { start: 0, end: size }
  const bytes = await storeOf(region).read(key, { start, end })
  request.signal.addEventListener('abort', () => bytes.destroy(), { once: true })
  if (request.signal.aborted) bytes.destroy()
  const body = webStream(bytes)
  // Next.js sends no Content-Length for a route; only the end of the chunked body proves a complete answer.
  if (!range) return new Response(body, { status: 200, headers })
  const place = { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }
  return new Response(body, { status: 206, headers: { ...headers, ...place } })
}

/** One range of bytes as in RFC 9110. Malformed and multiple ranges are ignored. */
function readRange(header: string | null, size: number): Range | 'outside' | null {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return null
  if (first === '') return Number(last) === 0 ? 'outside' : { start: Math.max(0, size - Number(last)), end: size }
  const start = Number(first)
  if (start >= size) return 'outside'
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  return end > start ? { start, end } : null
}

function webStream(bytes: Readable): ReadableStream<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]()
  return new ReadableStream({
    pull: async (controller) => {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => void bytes.destroy(),
  })
}

const retryAfterSeconds = 30

async function refuse(request: NextRequest, refusal: DownloadRefusal): Promise<Answer> {
  const status = statusOf(refusal)
  const headers = {
    'Cache-Control': 'private, no-store',
    ...(status === 503 ? { 'Retry-After': String(retryAfterSeconds) } : {}),
  }
  const isForReading = request.headers.get('accept')?.includes('text/html') ?? false
  const html = { ...headers, 'Content-Type': 'text/html; charset=utf-8' }
  const response = isForReading
    ? new Response(await downloadPage(refusal), { status, headers: html })
    : Response.json({ refusal }, { status, headers })
  const isFault = refusal.code === 'FAULT'
  return { response, outcome: isFault ? 'fault' : 'refused', code: isFault ? null : refusal.code }
}
