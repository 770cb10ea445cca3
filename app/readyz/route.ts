import { clockSkewSeconds } from '@/lib/clock-skew'
import { readiness } from '@/lib/readiness'

export const dynamic = 'force-dynamic'

/** Whether this process can do its work: whoever sends it visitors asks here. A clock that is wrong is told of and harms nothing. */
export async function GET(): Promise<Response> {
  const parts = await readiness()
  const notReady = Object.entries(parts).flatMap(([part, isReady]) => (isReady ? [] : [part]))
  const skew = parts.database ? await clockSkewSeconds().catch(() => null) : null
  const status = notReady.length === 0 ? 200 : 503
  const said = { ready: notReady.length === 0, notReady, ...(skew === null ? {} : { clockSkewSeconds: skew }) }
  return Response.json(said, { status, headers: { 'Cache-Control': 'no-store' } })
}
