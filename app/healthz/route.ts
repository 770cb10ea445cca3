export const dynamic = 'force-dynamic'

/** Whether this process answers; for supervisors that restart processes. */
export function GET(): Response {
  return new Response('ok', { headers: { 'Cache-Control': 'no-store' } })
}
