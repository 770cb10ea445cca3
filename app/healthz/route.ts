export const dynamic = 'force-dynamic'

/** That this process answers, and nothing more: whoever restarts processes asks here. */
export function GET(): Response {
  return new Response('ok', { headers: { 'Cache-Control': 'no-store' } })
}
