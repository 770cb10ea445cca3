import type { NextRequest } from 'next/server'
import NextAuth from 'next-auth'
import { currentSession } from '@/lib/context'
import { requestIdOf, withLogFields } from '@/lib/log'
import { authOptions } from '@/lib/sign-in'

// The endpoints for programs: signing in, reading the session, signing out. The pages and providers of next-auth are not used.
const used: Record<string, string[]> = { GET: ['csrf', 'session'], POST: ['callback/credentials', 'signout'] }

async function answer(request: NextRequest, context: RouteContext<'/api/auth/[...nextauth]'>): Promise<Response> {
  const endpoint = (await context.params).nextauth.join('/')
  if (!used[request.method]?.includes(endpoint)) return new Response('Not found', { status: 404 })
  return await withLogFields({ request: requestIdOf(request.headers) }, async () =>
    endpoint === 'session' ? await tellSession() : await NextAuth(request, context, authOptions()),
  )
}

// Replaces next-auth's own endpoint, which reads only the cookie: it would renew the cookie of a session that has ended.
async function tellSession(): Promise<Response> {
  const session = await currentSession()
  const body = session ? { expires: session.expiresAt.toISOString() } : {}
  return Response.json(body, { headers: { 'Cache-Control': 'private, no-store' } })
}

export { answer as GET, answer as POST }
