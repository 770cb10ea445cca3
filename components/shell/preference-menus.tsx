'use client'

import { useRouter } from 'next/navigation'
import { useLocale, useTranslations } from 'next-intl'
import { type ReactNode, useSyncExternalStore } from 'react'
import { MenuButton } from '@/components/ui/menu-button'
import { localeCookie, localeNames, locales } from '@/lib/messages/locales'
import { paths } from '@/lib/paths'
import type { ThemeIcons } from './frame-icons'
import { chooseTheme, readTheme, rememberPreference, subscribeTheme, type Theme, themes } from './preferences'

/** The language of the console, remembered by this browser. */
export function LanguageMenu({ icon }: { icon: ReactNode }) {
  const t = useTranslations('shell')
  const router = useRouter()
  const current = useLocale()
  return (
    <MenuButton
      label={t('language')}
      align="end"
      href={paths.preferences()}
      className="bar-button"
      items={locales.map((locale) => ({
        kind: 'choice',
        label: localeNames[locale],
        isChosen: locale === current,
        onSelect: () => {
          rememberPreference(localeCookie, locale)
          router.refresh()
        },
      }))}
    >
      {icon}
    </MenuButton>
  )
}

/** Light, dark, or the system's theme. */
export function ThemeMenu({ initial, icons }: { initial: Theme; icons: ThemeIcons }) {
  const t = useTranslations('shell')
  const theme = useSyncExternalStore(
    subscribeTheme,
    () => readTheme(document.documentElement.dataset.theme),
    () => initial,
  )
  const labels = { system: t('themeSystem'), light: t('themeLight'), dark: t('themeDark') }
  return (
    <MenuButton
      label={t('theme')}
      align="end"
      href={paths.preferences()}
      className="bar-button"
      items={themes.map((value) => ({
        kind: 'choice',
        label: labels[value],
        isChosen: value === theme,
        onSelect: () => chooseTheme(value),
      }))}
    >
      {icons[theme]}
    </MenuButton>
  )
}
