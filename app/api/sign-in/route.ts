import { cookies } from 'next/headers'
import { foldUsername } from '@/lib/accounts/rules'
import { clientAddress } from '@/lib/auth/address'
import { rememberBrowser, signInSource } from '@/lib/auth/browser'
import { isOwnForm, seeOther } from '@/lib/auth/form'
import { clearNotice, leaveNotice } from '@/lib/auth/notice'
import { signInWith } from '@/lib/auth/options'
import { sealSession, sessionCookie } from '@/lib/auth/session-cookie'
import { logFault, requestIdOf, withLogFields } from '@/lib/log'
import { paths, safeNext } from '@/lib/paths'
import { sessionMs } from '@/lib/sessions/rules'

/** Takes the sign-in form. It needs no script: a plain form post, answered by a redirect. */
export async function POST(request: Request): Promise<Response> {
  return await withLogFields({ request: requestIdOf(request.headers) }, () => signIn(request))
}

async function signIn(request: Request): Promise<Response> {
  const form = await request.formData().catch(() => new FormData())
  const field = (name: string) => String(form.get(name) ?? '')
  const next = safeNext(field('next'))
  const back = paths.signIn(next === '/' ? undefined : next)
  const username = foldUsername(field('username'))
  try {
    if (!isOwnForm(request)) {
      await leaveNotice({ username: '', problem: 'foreign' })
      return seeOther(back)
    }
    const source = await signInSource(username, clientAddress(request.headers.get('x-forwarded-for')))
    const answer = await signInWith(source, { username, password: field('password') })
    if (answer.status !== 'signed-in') {
      const seconds = answer.status === 'wait' ? answer.seconds : undefined
      await leaveNotice({ username: username.slice(0, 256), problem: answer.status, seconds })
      return seeOther(back)
    }
    const jar = await cookies()
    jar.set(sessionCookie().name, await sealSession(answer), { ...sessionCookie().options, maxAge: sessionMs / 1000 })
    await rememberBrowser(username)
    await clearNotice()
    return seeOther(next)
  } catch (error) {
    logFault(error, 'sign-in')
    await leaveNotice({ username: username.slice(0, 256), problem: 'fault' })
    return seeOther(back)
  }
}
