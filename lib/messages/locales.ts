export const locales = ['en', 'zh'] as const
export type Locale = (typeof locales)[number]
export const localeNames: Record<Locale, string> = { en: 'English', zh: '中文' }
export const localeCookie = 'ecs-locale'

/** A visitor's language: the chosen one, else the first supported one of the browser's, else English. */
export function pickLocale(chosen: string | undefined, accepted: string | null): Locale {
  const wanted = [chosen ?? '', ...(accepted ?? '').split(',')].map((entry) => entry.trim().slice(0, 2).toLowerCase())
  return wanted.map((name) => locales.find((locale) => locale === name)).find((locale) => locale !== undefined) ?? 'en'
}
