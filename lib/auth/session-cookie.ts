import 'server-only'
import { decode, encode } from 'next-auth/jwt'
import { env } from '@/lib/env'
import { sessionMs } from '@/lib/sessions/rules'

const maxAge = sessionMs / 1000
const isSecure = () => env().NEXTAUTH_URL?.startsWith('https://') ?? false

/** The signing secret. The start script makes it in the embedded mode; elsewhere the operator sets it. */
export function secret(): string {
  const value = env().NEXTAUTH_SECRET
  if (!value) throw new Error('NEXTAUTH_SECRET is not set.')
  return value
}

/** The session cookie: out of reach of scripts, not sent along from other sites, Secure behind https. */
export function sessionCookie() {
  return {
    name: isSecure() ? '__Secure-next-auth.session-token' : 'next-auth.session-token',
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure: isSecure() },
  }
}

/** The value of a session cookie. It holds an account id and a session id; everything else is read per request. */
export async function sealSession(session: { accountId: string; sessionId: string }): Promise<string> {
  return await encode({ token: session, secret: secret(), maxAge })
}

/** The session id in a session cookie, or null when the cookie is not ours or too old. */
export async function openSession(cookie: string | undefined): Promise<string | null> {
  if (!cookie) return null
  try {
    const token = await decode({ token: cookie, secret: secret() })
    return typeof token?.sessionId === 'string' ? token.sessionId : null
  } catch {
    return null
  }
}

declare module 'next-auth/jwt' {
  interface JWT {
    accountId?: string
    sessionId?: string
  }
}
