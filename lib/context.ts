import 'server-only'
import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { cache } from 'react'
import { clientAddress } from '@/lib/auth/address'
import { openSession, sessionCookie } from '@/lib/auth/session-cookie'
import type { Context } from '@/lib/auth/viewer'
import { env } from '@/lib/env'
import { log } from '@/lib/log'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { needsOf, type Permission, refuseUnpermitted } from '@/lib/permissions'
import { findSession } from '@/lib/sessions/reads'
import { renewedEnd } from '@/lib/sessions/rules'
import { renewSession } from '@/lib/sessions/writes'

export type SessionContext = Context & { sessionId: string }

/** The session id in this browser's cookie, whether the session still exists or not. */
export async function cookieSession(): Promise<string | null> {
  return await openSession((await cookies()).get(sessionCookie().name)?.value)
}

/** The session of this request, read once from the database and renewed; null if nobody is signed in. */
export const currentSession = cache(async (): Promise<{ ctx: SessionContext; expiresAt: Date } | null> => {
  const [sessionId, head] = await Promise.all([cookieSession(), headers()])
  if (!sessionId) return null
  const now = new Date()
  const session = await forPage(findSession(sessionId, now))
  if (!session) return null
  const { viewer, ...times } = session
  const renewed = renewedEnd(now, times, env().ECS_SESSION_MAX)
  if (renewed) await renewSession(sessionId, now, renewed).catch(tellNotRenewed)
  const ctx = { viewer, now, sessionId, address: clientAddress(head.get('x-forwarded-for')) }
  return { ctx, expiresAt: renewed ?? times.expiresAt }
})

/** The context of this request, or null if nobody is signed in. */
export async function currentContext(): Promise<SessionContext | null> {
  return (await currentSession())?.ctx ?? null
}

// A failed renewal does not fail the request; the next one tries again.
function tellNotRenewed(error: unknown): void {
  log.warn({ err: error }, 'A session in use could not be renewed.')
}

/**
 * Guards every page: returns the context, or redirects to the sign-in page, which leads back to `path`, or to the page
 * that names the missing policy. `region`: the page's; without one, a permission in any region is enough.
 */
export async function requireContext(
  path: string,
  needs: 'signed-in' | Permission | readonly Permission[],
  region: string | null = null,
): Promise<SessionContext> {
  const ctx = await currentContext()
  if (!ctx) redirect(paths.signIn(path))
  const refusal = refuseUnpermitted(ctx.viewer, needsOf(needs, region === null ? {} : { region }))
  if (refusal) redirect(paths.notPermitted(refusal.policy, refusal.region))
  return ctx
}
