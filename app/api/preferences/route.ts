import { cookies } from 'next/headers'
import { preferenceSeconds, readTheme, themeCookie } from '@/components/shell/preferences'
import { isOwnForm, seeOther } from '@/lib/auth/form'
import { localeCookie, locales } from '@/lib/messages/locales'
import { safeNext } from '@/lib/paths'

/** Remembers language and theme in this browser, as the menus do by themselves. Takes a plain form; needs nobody signed in. */
export async function POST(request: Request): Promise<Response> {
  const form = await request.formData().catch(() => new FormData())
  const field = (name: string) => String(form.get(name) ?? '')
  if (isOwnForm(request)) {
    const jar = await cookies()
    const options = { path: '/', maxAge: preferenceSeconds, sameSite: 'lax' as const }
    const locale = locales.find((known) => known === field('language'))
    if (locale) jar.set(localeCookie, locale, options)
    jar.set(themeCookie, readTheme(field('theme')), options)
  }
  return seeOther(safeNext(field('next')))
}
