import 'server-only'
import { cookies } from 'next/headers'
import { z } from 'zod'
import { ownCookie } from './session-cookie'

const notice = z.object({
  username: z.string().max(256),
  problem: z.enum(['refused', 'wait', 'busy', 'foreign', 'silent', 'fault']),
  seconds: z.number().optional(),
})

export type SignInNotice = z.infer<typeof notice>

const name = () => ownCookie('ecs-sign-in')

/** Keeps a notice for the next page, in a cookie: URLs end up in logs and histories. */
export async function leaveNotice(value: SignInNotice): Promise<void> {
  const jar = await cookies()
  jar.set(name(), JSON.stringify(value), { httpOnly: true, sameSite: 'lax', path: '/sign-in', maxAge: 30 })
}

/** The notice for this browser, or null. An invalid cookie is ignored. */
export async function readNotice(): Promise<SignInNotice | null> {
  const value = (await cookies()).get(name())?.value
  if (!value) return null
  try {
    return notice.parse(JSON.parse(value))
  } catch {
    return null
  }
}

/** Removes the notice; only an action or a route may set cookies. */
export async function clearNotice(): Promise<void> {
  const jar = await cookies()
  jar.set(name(), '', { httpOnly: true, sameSite: 'lax', path: '/sign-in', maxAge: 0 })
}
