import { currentContext } from '@/lib/context'
import { findOverSessions } from '@/lib/sessions/reads'
import { changes } from '@/lib/streams/changes'
import { openStream } from '@/lib/streams/stream'

/**
 * The changes of the viewer's account as they happen. 401: signed out. 429: too many streams are open, of the account or of all. A page without
 * a stream asks every 8 s instead.
 */
export async function GET(): Promise<Response> {
  const ctx = await currentContext()
  if (!ctx) return new Response(null, { status: 401 })
  const { ownerId, accountId } = ctx.viewer
  const stream = openStream(changes(findOverSessions), { ownerId, accountId, sessionId: ctx.sessionId })
  if (!stream) return new Response(null, { status: 429, headers: { 'Retry-After': '60' } })
  // nginx would collect the answer before it passes it on.
  const headers = {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'private, no-store, no-transform',
    'X-Accel-Buffering': 'no',
  }
  return new Response(stream, { headers })
}
