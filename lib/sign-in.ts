import 'server-only'
import type { NextAuthOptions } from 'next-auth'
import Credentials from 'next-auth/providers/credentials'
import { foldUsername, passwordMax, signInNameMax } from '@/lib/accounts/rules'
import { noteRefusedSignIn } from '@/lib/audit/writes-refused'
import { clientAddress } from '@/lib/auth/address'
import type { SignInSource } from '@/lib/auth/browser'
import { isSecure, ownCookie, sessionCookie } from '@/lib/auth/session-cookie'
import { cookieSession } from '@/lib/context'
import { env } from '@/lib/env'
import { log } from '@/lib/log'
import { preparePassword } from '@/lib/prepare-password'
import { endSession, type SignInAnswer, signIn } from '@/lib/sessions/writes'

/** Checks the credentials, then signs in, replacing an existing session. Longer input cannot be right. */
export async function signInWith(
  source: SignInSource,
  typed: { username: string; password: string },
): Promise<SignInAnswer> {
  const username = foldUsername(typed.username)
  const { password } = typed
  const isTooLong = (text: string) => text.length > 4 * passwordMax || preparePassword(text).length > passwordMax
  const cannotBe = username.length > signInNameMax || username.includes('\0') || isTooLong(password)
  if (cannotBe || !username || !password) return { status: 'refused' }
  const now = new Date()
  const answer = await signIn(source, { username, password }, { now, replaced: await cookieSession() })
  // Not awaited, so that the answer's time does not reveal whether the username exists.
  if (answer.status === 'refused') void noteRefusedSignIn(username, { now, address: source.address ?? null })
  return answer
}

/** The options for next-auth's own endpoints, for clients that use its protocol. The console's form posts to api/sign-in. */
export function authOptions(): NextAuthOptions {
  const plain = { httpOnly: true, sameSite: 'lax' as const, path: '/', secure: isSecure() }
  const prefix = isSecure() ? '__Secure-' : ''
  return {
    session: { strategy: 'jwt', maxAge: env().ECS_SESSION_MAX / 1000 },
    pages: { signIn: '/sign-in', error: '/sign-in' },
    cookies: {
      sessionToken: sessionCookie(),
      csrfToken: { name: ownCookie(`${prefix}next-auth.csrf-token`), options: plain },
      callbackUrl: { name: ownCookie(`${prefix}next-auth.callback-url`), options: plain },
    },
    logger: {
      error: (code, metadata) => log.warn({ from: 'next-auth', code, ...faultOf(metadata) }, 'next-auth: error'),
      warn: (code) => log.warn({ from: 'next-auth', code }, 'next-auth: warning'),
      debug: () => {},
    },
    providers: [
      Credentials({
        credentials: { username: { label: 'Username' }, password: { label: 'Password', type: 'password' } },
        authorize: async (typed, request) => {
          const address = clientAddress(request.headers?.['x-forwarded-for'])
          const source = { key: address ?? 'unknown', isKnownBrowser: false, address }
          const answer = await signInWith(source, { username: typed?.username ?? '', password: typed?.password ?? '' })
          return answer.status === 'signed-in' ? { id: answer.accountId, sessionId: answer.sessionId } : null
        },
      }),
    ],
    callbacks: {
      jwt: ({ token, user }) => (user ? { accountId: user.id, sessionId: user.sessionId } : token),
    },
    events: {
      signOut: async ({ token }) => {
        if (typeof token?.sessionId === 'string') await endSession(token.sessionId)
      },
    },
  }
}

// Logs only the error: the metadata may also contain visitors' input.
function faultOf(metadata: Error | { error?: unknown }): { err?: Error } {
  const error = metadata instanceof Error ? metadata : metadata.error
  return error instanceof Error ? { err: error } : {}
}

declare module 'next-auth' {
  interface User {
    id: string
    sessionId: string
  }
}
