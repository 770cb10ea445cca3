import 'server-only'
import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { findViewer } from '@/lib/sessions/reads'
import { clientAddress } from './address'
import { openSession, sessionCookie } from './session-cookie'
import type { Context } from './viewer'

export type SessionContext = Context & { sessionId: string }

/** Who asks, or null when nobody is signed in. Read from the database once per request, so a disabled account is out at once. */
export const currentContext = cache(async (): Promise<SessionContext | null> => {
  const [jar, head] = await Promise.all([cookies(), headers()])
  const sessionId = await openSession(jar.get(sessionCookie().name)?.value)
  if (!sessionId) return null
  const now = new Date()
  const viewer = await forPage(findViewer(sessionId, now))
  return viewer && { viewer, now, sessionId, address: clientAddress(head.get('x-forwarded-for')) }
})

/** The gate of every page: who asks, or off to the sign-in page, which leads back to `path`. */
export async function requireContext(path: string): Promise<SessionContext> {
  const ctx = await currentContext()
  if (!ctx) redirect(paths.signIn(path))
  return ctx
}
