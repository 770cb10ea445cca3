import 'server-only'
import type { NextAuthOptions } from 'next-auth'
import Credentials from 'next-auth/providers/credentials'
import { foldUsername, passwordMax, signInNameMax } from '@/lib/accounts/rules'
import { sessionMs } from '@/lib/sessions/rules'
import { endSession, type SignInAnswer, type SignInSource, signIn } from '@/lib/sessions/writes'
import { clientAddress } from './address'

/** Looks at what was typed and at where it comes from, then signs in. Nothing that long can be right. */
export async function signInWith(
  source: SignInSource,
  typed: { username: string; password: string },
): Promise<SignInAnswer> {
  const username = foldUsername(typed.username)
  const tooLong = username.length > signInNameMax || typed.password.length > passwordMax
  if (tooLong || !username || !typed.password || username.includes('\0')) return { status: 'refused' }
  return await signIn(source, { username, password: typed.password }, new Date())
}

/** next-auth's own endpoints, for clients that speak its protocol. The form of the console posts to api/sign-in. */
export const authOptions: NextAuthOptions = {
  session: { strategy: 'jwt', maxAge: sessionMs / 1000 },
  pages: { signIn: '/sign-in', error: '/sign-in' },
  providers: [
    Credentials({
      credentials: { username: { label: 'Username' }, password: { label: 'Password', type: 'password' } },
      authorize: async (typed, request) => {
        const address = clientAddress(request.headers?.['x-forwarded-for'])
        const source = { key: address ?? 'unknown', isKnownBrowser: false }
        const answer = await signInWith(source, { username: typed?.username ?? '', password: typed?.password ?? '' })
        return answer.status === 'signed-in' ? { id: answer.accountId, sessionId: answer.sessionId } : null
      },
    }),
  ],
  callbacks: {
    jwt: ({ token, user }) => (user ? { accountId: user.id, sessionId: user.sessionId } : token),
    session: ({ session }) => ({ expires: session.expires }),
  },
  events: {
    signOut: async ({ token }) => {
      if (typeof token?.sessionId === 'string') await endSession(token.sessionId)
    },
  },
}

declare module 'next-auth' {
  interface User {
    id: string
    sessionId: string
  }
}
