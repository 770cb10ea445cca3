'use client'

import { Languages, Monitor, Moon, Sun } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { useLocale, useTranslations } from 'next-intl'
import { useState } from 'react'
import { ChoiceMenu } from '@/components/ui/menu'
import { localeCookie, localeNames, locales } from '@/lib/messages/locales'
import { rememberPreference, type Theme, themeCookie, themes } from './preferences'

const themeIcons = { system: Monitor, light: Sun, dark: Moon }

/** The language of the console, remembered by this browser. */
export function LanguageMenu() {
  const t = useTranslations('shell')
  const router = useRouter()
  const choices = locales.map((locale) => ({ value: locale, label: localeNames[locale] }))
  return (
    <ChoiceMenu
      label={t('language')}
      icon={<Languages aria-hidden className="size-4" />}
      choices={choices}
      value={useLocale()}
      onChoose={(locale) => {
        rememberPreference(localeCookie, locale)
        router.refresh()
      }}
    />
  )
}

/** Light, dark, or what the system says. */
export function ThemeMenu({ initial }: { initial: Theme }) {
  const t = useTranslations('shell')
  const [theme, setTheme] = useState(initial)
  const Icon = themeIcons[theme]
  const labels = { system: t('themeSystem'), light: t('themeLight'), dark: t('themeDark') }
  return (
    <ChoiceMenu
      label={t('theme')}
      icon={<Icon aria-hidden className="size-4" />}
      choices={themes.map((value) => ({ value, label: labels[value] }))}
      value={theme}
      onChoose={(value) => {
        rememberPreference(themeCookie, value)
        document.documentElement.dataset.theme = value
        setTheme(value)
      }}
    />
  )
}
