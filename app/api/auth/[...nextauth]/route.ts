import type { NextRequest } from 'next/server'
import NextAuth from 'next-auth'
import { currentSession } from '@/lib/context'
import { requestIdOf, withLogFields } from '@/lib/log'
import { authOptions } from '@/lib/sign-in'

// The endpoints with which programs sign in, read the session and sign out. next-auth's pages and providers are not
// used.
const used: Record<string, string[]> = { GET: ['csrf', 'session'], POST: ['callback/credentials', 'signout'] }

async function answer(request: NextRequest, context: RouteContext<'/api/auth/[...nextauth]'>): Promise<Response> {
  const endpoint = (await context.params).nextauth.join('/')
  if (!used[request.method]?.includes(endpoint)) return new Response('Not found', { status: 404 })
  return await withLogFields({ request: requestIdOf(request.headers) }, async () =>
    endpoint === 'session' ? await tellSession() : await NextAuth(request, context, authOptions()),
  )
}

// Not next-auth's own, which sees the cookie and not the session behind it, and answers an ended one with a fresh cookie.
async function tellSession(): Promise<Response> {
  const session = await currentSession()
  const body = session ? { expires: session.expiresAt.toISOString() } : {}
  return Response.json(body, { headers: { 'Cache-Control': 'private, no-store' } })
}

export { answer as GET, answer as POST }
