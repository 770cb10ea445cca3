import { cookies, headers } from 'next/headers'
import { getRequestConfig } from 'next-intl/server'
import { env } from '@/lib/env'
import en from './en.json'
import { type Locale, localeCookie, pickLocale } from './locales'
import zh from './zh.json'

const messages: Record<Locale, typeof en> = { en, zh }

export default getRequestConfig(async () => {
  const [jar, head] = await Promise.all([cookies(), headers()])
  const locale = pickLocale(jar.get(localeCookie)?.value, head.get('accept-language'))
  return { locale, messages: messages[locale], timeZone: env().ECS_TIME_ZONE }
})

declare module 'next-intl' {
  interface AppConfig {
    Locale: Locale
    Messages: typeof en
  }
}
