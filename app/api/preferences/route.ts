import { cookies } from 'next/headers'
import { preferenceSeconds, readTheme, themeCookie } from '@/components/shell/preferences'
import { isOwnForm, seeOther } from '@/lib/auth/form'
import { localeCookie, locales } from '@/lib/messages/locales'
import { safeNext } from '@/lib/paths'

/** Stores language and theme in a cookie, like the menus. A plain form; no sign-in needed. */
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
