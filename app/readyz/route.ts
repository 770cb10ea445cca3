import { readiness } from '@/lib/readiness'

export const dynamic = 'force-dynamic'

/** Whether this process can do its work: whoever sends it visitors asks here. */
export async function GET(): Promise<Response> {
  const parts = await readiness()
  const notReady = Object.entries(parts).flatMap(([part, isReady]) => (isReady ? [] : [part]))
  const status = notReady.length === 0 ? 200 : 503
  return Response.json({ ready: notReady.length === 0, notReady }, { status, headers: { 'Cache-Control': 'no-store' } })
}
