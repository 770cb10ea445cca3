import { seeOther } from '@/lib/auth/form'
import { logFault } from '@/lib/log'
import { endMail } from '@/lib/notices/writes'
import { paths } from '@/lib/paths'

/**
 * Ends the e-mail of the account that the link belongs to. Mail programs post here too (RFC 8058), from any origin: the token is
 * the permission. The answer is the same for every token.
 */
export async function POST(_request: Request, { params }: RouteContext<'/api/unsubscribe/[token]'>): Promise<Response> {
  const { token } = await params
  try {
    const ended = await endMail(token)
    if (!ended.ok) return new Response(null, { status: 503, headers: { 'Retry-After': '1' } })
    return seeOther(paths.unsubscribe(encodeURIComponent(token), 'yes'))
  } catch (error) {
    logFault(error, 'unsubscribe')
    return new Response(null, { status: 503, headers: { 'Retry-After': '1' } })
  }
}
