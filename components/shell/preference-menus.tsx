'use client'

import { Languages, Monitor, Moon, Sun } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useLocale, useTranslations } from 'next-intl'
import { useSyncExternalStore } from 'react'
import { MenuButton } from '@/components/ui/menu-button'
import { barButtonClass } from '@/components/ui/menu-class'
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
      className={barButtonClass}
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
      <Languages aria-hidden className="size-4" />
    </MenuButton>
  )
}

/** Light, dark, or what the system says. */
export function ThemeMenu({ initial }: { initial: Theme }) {
  const t = useTranslations('shell')
  const theme = useSyncExternalStore(
    subscribeTheme,
    () => readTheme(document.documentElement.dataset.theme),
    () => initial,
  )
  const Icon = themeIcons[theme]
  const labels = { system: t('themeSystem'), light: t('themeLight'), dark: t('themeDark') }
  return (
    <MenuButton
      label={t('theme')}
      align="end"
      href={paths.preferences()}
      className={barButtonClass}
      items={themes.map((value) => ({
        kind: 'choice',
        label: labels[value],
        isChosen: value === theme,
        onSelect: () => chooseTheme(value),
      }))}
    >
      <Icon aria-hidden className="size-4" />
    </MenuButton>
  )
}
