import { cookies } from 'next/headers'
import { isOwnForm, seeOther } from '@/lib/auth/form'
import { sessionCookie } from '@/lib/auth/session-cookie'
import { cookieSession } from '@/lib/context'
import { logFault, requestIdOf, withLogFields } from '@/lib/log'
import { paths } from '@/lib/paths'
import { requestPatienceMs, within } from '@/lib/patience'
import { endSession } from '@/lib/sessions/writes'

/**
 * Ends the session in the browser and in the database, so that a copied cookie is worthless. If it cannot be ended, the
 * next page says so: a failed sign-out must not look like a successful one.
 */
export async function POST(request: Request): Promise<Response> {
  return await withLogFields({ request: requestIdOf(request.headers) }, () => signOut(request))
}

async function signOut(request: Request): Promise<Response> {
  if (!isOwnForm(request)) return seeOther(paths.signOut())
  try {
    const sessionId = await cookieSession()
    if (sessionId) await within(requestPatienceMs, endSession(sessionId))
  } catch (error) {
    return seeOther(paths.signOut(logFault(error, 'sign-out')))
  }
  const jar = await cookies()
  const { name, options } = sessionCookie()
  jar.set(name, '', { ...options, maxAge: 0 })
  return seeOther(paths.signIn())
}
