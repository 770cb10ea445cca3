import { currentContext } from '@/lib/context'
import { findOverSessions } from '@/lib/sessions/reads'
import { changes } from '@/lib/streams/changes'
import { openStream } from '@/lib/streams/stream'

/**
 * The changes of the viewer's account as server-sent events. 401: signed out. 429: too many open streams, of the account or in all. A page
 * without a stream polls every 8 s instead.
 */
export async function GET(): Promise<Response> {
  const ctx = await currentContext()
  if (!ctx) return new Response(null, { status: 401 })
  const { ownerId, accountId } = ctx.viewer
  const stream = openStream(changes(findOverSessions), { ownerId, accountId, sessionId: ctx.sessionId })
  if (!stream) return new Response(null, { status: 429, headers: { 'Retry-After': '60' } })
  // Without this header nginx buffers the stream.
  const headers = {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'private, no-store, no-transform',
    'X-Accel-Buffering': 'no',
  }
  return new Response(stream, { headers })
}
