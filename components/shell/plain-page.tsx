import { cookies } from 'next/headers'
import { getTranslations } from 'next-intl/server'
import type { ReactNode } from 'react'
import { languageIcon, themeIcons } from './frame-icons'
import { LanguageMenu, ThemeMenu } from './preference-menus'
import { readTheme, themeCookie } from './preferences'
import { ProductMark } from './product-mark'

/** A page for visitors who are not signed in: the product's name, one line, and one action. */
export async function PlainPage({ children }: { children: ReactNode }) {
  const [t, jar] = await Promise.all([getTranslations('product'), cookies()])
  return (
    <main className="flex min-h-dvh flex-col">
      <div className="flex h-12 items-center justify-end gap-1 bg-bar px-4">
        <LanguageMenu icon={languageIcon} />
        <ThemeMenu icons={themeIcons} initial={readTheme(jar.get(themeCookie)?.value)} />
      </div>
      <div className="flex flex-1 flex-col items-center gap-6 px-4 pt-[10dvh] pb-8">
        <div className="flex flex-col items-center gap-2 text-center">
          <ProductMark className="size-11" />
          <p className="font-semibold text-lg">{t('name')}</p>
          <p className="text-ink-muted text-sm">{t('line')}</p>
        </div>
        {children}
      </div>
    </main>
  )
}
