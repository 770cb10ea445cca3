import 'server-only'
import type { Readable } from 'node:stream'
import type { NextRequest } from 'next/server'
import type { z } from 'zod'
import { currentContext, type SessionContext } from '@/lib/auth/session'
import type { ImageContent } from '@/lib/images/schema'
import { logFault } from '@/lib/log'
import type { Outcome } from '@/lib/metrics'
import { observe } from '@/lib/observe'
import { isIntact } from '@/lib/stores/checksum'
import { storeOf } from '@/lib/stores/store'

type RouteParams = { params: Promise<Record<string, string>> }
type Range = { start: number; end: number }
type Answer = { response: Response; outcome: Outcome; code: string | null }

/**
 * Makes a GET route of a read that answers stored bytes, whole or in one range, so that a download can be resumed. The bytes
 * are compared with their checksum before the first of them leaves: what the store has lost is never served.
 */
export function defineDownload<S extends z.ZodType>(
  schema: S,
  read: (ctx: SessionContext, params: z.output<S>) => Promise<ImageContent | null>,
) {
  const answer = async (request: NextRequest, { params }: RouteParams): Promise<Answer> => {
    try {
      const ctx = await currentContext()
      if (!ctx) return refused(401, 'SIGNED_OUT')
      const parsed = schema.safeParse({ ...Object.fromEntries(request.nextUrl.searchParams), ...(await params) })
      const content = parsed.success ? await read(ctx, parsed.data) : null
      if (!content) return refused(404, 'IMAGE_NOT_FOUND')
      const response = request.method === 'HEAD' ? headOf(content) : await serve(request, content)
      return { response, outcome: 'ok', code: null }
    } catch (error) {
      // Nobody waits for it any more.
      if (request.signal.aborted)
        return { response: new Response(null, { status: 499 }), outcome: 'refused', code: null }
      const reference = logFault(error, request.nextUrl.pathname)
      return { response: plain(500, { refusal: { code: 'FAULT', reference } }), outcome: 'fault', code: null }
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

const soundFor = 10 * 60 * 1000
const sound = new Map<string, number>()

// A download in many ranges would read the whole as often; what was sound a moment ago is taken for sound while its size
// and time of change are the same.
async function isSound(content: ImageContent, signal: AbortSignal): Promise<boolean> {
  const found = await storeOf(content.region).stat(content.key)
  const seal = `${content.key} ${found?.size} ${found?.modifiedAt.getTime()}`
  const now = Date.now()
  for (const [known, at] of sound) if (at < now - soundFor) sound.delete(known)
  if (sound.has(seal)) return true
  if (!(await isIntact(storeOf(content.region), content.key, content, signal))) return false
  sound.set(seal, now)
  return true
}

function headersOf({ fileName, sha256 }: ImageContent) {
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`,
    'Accept-Ranges': 'bytes',
    'Cache-Control': 'private, no-store',
    'X-Content-Type-Options': 'nosniff',
    ETag: `"${sha256}"`,
  }
}

// Next gives a HEAD to whatever answers GET, and leaves the body that it does not send open.
function headOf(content: ImageContent): Response {
  return new Response(null, { status: 200, headers: headersOf(content) })
}

async function serve(request: NextRequest, content: ImageContent): Promise<Response> {
  const { region, key, size } = content
  if (!(await isSound(content, request.signal)))
    throw new Error(`The stored bytes of ${key} in ${region} are not what was imported. Run verify.`)
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
  // Next sends no Content-Length of a route's; the end of a chunked body tells a whole answer from a broken one.
  if (!range) return new Response(body, { status: 200, headers })
  const place = { 'Content-Range': `bytes ${start}-${end - 1}/${size}` }
  return new Response(body, { status: 206, headers: { ...headers, ...place } })
}

/** One range of bytes, as RFC 9110 has it. What is not understood, and more than one range, is no range. */
export function readRange(header: string | null, size: number): Range | 'outside' | null {
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

function refused(status: number, code: string): Answer {
  return { response: plain(status, { refusal: { code } }), outcome: 'refused', code }
}

function plain(status: number, body: object): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'private, no-store' } })
}
