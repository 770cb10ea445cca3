import { cookies } from 'next/headers'
import { isOwnForm, seeOther } from '@/lib/auth/form'
import { openSession, sessionCookie } from '@/lib/auth/session-cookie'
import { paths } from '@/lib/paths'
import { endSession } from '@/lib/sessions/writes'

/** Ends the session here and in the database, so that a copy of the cookie is worth nothing. */
export async function POST(request: Request): Promise<Response> {
  if (!isOwnForm(request)) return seeOther(paths.home())
  const jar = await cookies()
  const { name, options } = sessionCookie()
  const sessionId = await openSession(jar.get(name)?.value)
  if (sessionId) await endSession(sessionId)
  jar.set(name, '', { ...options, maxAge: 0 })
  return seeOther(paths.signIn())
}
