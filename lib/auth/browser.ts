import 'server-only'
import { cookies } from 'next/headers'
import { decode, encode } from 'next-auth/jwt'
import { ownCookie, secret, sessionCookie } from './session-cookie'

/** The source of a sign-in: an address, or a browser or session that has signed in to this account before. */
export type SignInSource = { key: string; isKnownBrowser: boolean; address?: string | null }

// A browser that has signed in to an account is remembered for that account, so that other people's failures, which are
// limited by username too, never slow its owner down (OWASP: "device cookies").
const name = () => ownCookie('ecs-browser')
const maxAge = 365 * 24 * 60 * 60

/** The source of a sign-in attempt: this browser if it is known for the username, otherwise the address. */
export async function signInSource(username: string, address: string | null): Promise<SignInSource> {
  const cookie = (await cookies()).get(name())?.value
  const token = cookie ? await decode({ token: cookie, secret: secret() }).catch(() => null) : null
  if (token?.browserOf === username && typeof token.jti === 'string')
    return { key: token.jti, isKnownBrowser: true, address }
  return { key: address ?? 'unknown', isKnownBrowser: false, address }
}

/** Remembers this browser for a username. */
export async function rememberBrowser(username: string): Promise<void> {
  const jar = await cookies()
  const value = await encode({ token: { browserOf: username }, secret: secret(), maxAge })
  jar.set(name(), value, { ...sessionCookie().options, maxAge })
}
