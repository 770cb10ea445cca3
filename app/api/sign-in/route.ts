import { cookies } from 'next/headers'
import type { NextRequest } from 'next/server'
import { getTranslations } from 'next-intl/server'
import { foldUsername } from '@/lib/accounts/rules'
import { clientAddress } from '@/lib/auth/address'
import { rememberBrowser, signInSource } from '@/lib/auth/browser'
import { isOwnForm, notNow, seeOther } from '@/lib/auth/form'
import { clearNotice, leaveNotice, type SignInNotice } from '@/lib/auth/notice'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { cookieSession } from '@/lib/context'
import { isSilent } from '@/lib/db/errors'
import { logFault, logSeldom, requestIdOf, withLogFields } from '@/lib/log'
import { paths, safeNext } from '@/lib/paths'
import { signInWith } from '@/lib/sign-in'

/** Signs in from a plain form post and answers with a redirect, so that it works without scripts. */
export async function POST(request: Request): Promise<Response> {
  return await withLogFields({ request: requestIdOf(request.headers) }, () => signIn(request))
}

/** Checks after a sign-in whether the browser has kept the cookie. */
export async function GET(request: NextRequest): Promise<Response> {
  const next = safeNext(request.nextUrl.searchParams.get('next'))
  if (await cookieSession()) return seeOther(next)
  logSeldom('A browser that had signed in did not keep the session cookie.', {
    isSecure: sessionCookie().options.secure,
  })
  return seeOther(paths.signIn(next === '/' ? undefined : next, 'cookie'))
}

async function signIn(request: Request): Promise<Response> {
  const form = await request.formData().catch(() => new FormData())
  const field = (name: string) => String(form.get(name) ?? '')
  const next = safeNext(field('next'))
  const back = paths.signIn(next === '/' ? undefined : next)
  const username = foldUsername(field('username'))
  const refuse = async (notice: Omit<SignInNotice, 'username'>) => {
    await leaveNotice({ username: username.slice(0, 256), ...notice })
    return seeOther(back)
  }
  try {
    if (!isOwnForm(request)) {
      await leaveNotice({ username: '', problem: 'foreign' })
      return seeOther(back)
    }
    const source = await signInSource(username, clientAddress(request.headers.get('x-forwarded-for')))
    const answer = await signInWith(source, { username, password: field('password') })
    if (answer.status === 'refused') return await refuse({ problem: 'refused' })
    if (answer.status === 'wait') return await refuse({ problem: 'wait', seconds: answer.seconds })
    if (answer.status === 'busy') {
      await refuse({ problem: 'busy' })
      return notNow(back, answer.seconds, (await getTranslations('signIn'))('busy'))
    }
    const jar = await cookies()
    jar.set(sessionCookie().name, await sealSession(answer), sessionCookie().options)
    await rememberBrowser(username)
    await clearNotice()
    return seeOther(paths.api.signedIn(next))
  } catch (error) {
    logFault(error, 'sign-in')
    return await refuse({ problem: isSilent(error) ? 'silent' : 'fault' })
  }
}
