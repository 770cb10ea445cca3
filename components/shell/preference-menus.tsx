'use client'

import { Languages, Monitor, Moon, Sun } from 'lucide'
import { useRouter } from 'next/navigation'
import { useLocale, useTranslations } from 'next-intl'
import { useSyncExternalStore } from 'react'
import { Icon } from '@/components/ui/icon'
import { MenuButton } from '@/components/ui/menu-button'
import { localeCookie, localeNames, locales } from '@/lib/messages/locales'
import { paths } from '@/lib/paths'
import { chooseTheme, readTheme, rememberPreference, subscribeTheme, type Theme, themes } from './preferences'

const themeIcons = { system: Monitor, light: Sun, dark: Moon }

/** The language of the console, remembered by this browser. */
export function LanguageMenu() {
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
      <Icon of={Languages} className="size-4" />
    </MenuButton>
  )
}

/** Light, dark, or the system's theme. */
export function ThemeMenu({ initial }: { initial: Theme }) {
  const t = useTranslations('shell')
  const theme = useSyncExternalStore(
    subscribeTheme,
    () => readTheme(document.documentElement.dataset.theme),
    () => initial,
  )
  const icon = themeIcons[theme]
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
      <Icon of={icon} className="size-4" />
    </MenuButton>
  )
}
