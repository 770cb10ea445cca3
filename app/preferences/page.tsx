import type { Metadata } from 'next'
import { cookies } from 'next/headers'
import Link from 'next/link'
import { getLocale, getTranslations } from 'next-intl/server'
import { readTheme, themeCookie, themes } from '@/components/shell/preferences'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Field, selectClass } from '@/components/ui/field'
import { currentContext } from '@/lib/context'
import { localeNames, locales } from '@/lib/messages/locales'
import { pageRegions } from '@/lib/page-regions'
import { paths } from '@/lib/paths'
import { regionName } from '@/lib/regions/rules'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('preferences'))('title') }
}

/** The preference menus of the top bar as plain links and forms, for browsers without scripts. */
export default async function PreferencesPage() {
  const [ctx, jar, locale, t] = await Promise.all([currentContext(), cookies(), getLocale(), getTranslations()])
  const regions = ctx ? await pageRegions() : []
  const themeNames = { system: t('shell.themeSystem'), light: t('shell.themeLight'), dark: t('shell.themeDark') }
  return (
    <main id="content" className="mx-auto flex max-w-140 flex-col gap-4 p-4 md:p-6">
      <h1 className="font-semibold text-xl">{t('preferences.title')}</h1>
      <p className="text-ink-muted">{t('preferences.line')}</p>
      <Link href={paths.home()} className="text-accent underline">
        {t('preferences.back')}
      </Link>
      <Card title={t('preferences.browser')}>
        <form action={paths.api.preferences()} method="post" className="flex flex-col gap-3 p-4">
          <input type="hidden" name="next" value={paths.preferences()} />
          <Field id="language" label={t('shell.language')}>
            {(control) => (
              <select {...control} name="language" defaultValue={locale} className={selectClass}>
                {locales.map((known) => (
                  <option key={known} value={known}>
                    {localeNames[known]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field id="theme" label={t('shell.theme')}>
            {(control) => (
              <select
                {...control}
                name="theme"
                defaultValue={readTheme(jar.get(themeCookie)?.value)}
                className={selectClass}
              >
                {themes.map((theme) => (
                  <option key={theme} value={theme}>
                    {themeNames[theme]}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Button kind="primary" type="submit" className="self-start">
            {t('preferences.save')}
          </Button>
        </form>
      </Card>
      {ctx && (
        <Card title={t('preferences.places')}>
          <ul className="flex list-disc flex-col gap-1 py-4 pr-4 pl-9">
            {regions.map((region) => (
              <li key={region.id}>
                <Link href={paths.customImages(region.id)} className="text-accent underline">
                  {regionName(region, locale)}
                </Link>
              </li>
            ))}
            <li>
              <Link href={paths.account()} className="text-accent underline">
                {t('shell.accountInfo')}
              </Link>
            </li>
          </ul>
          <form action="/api/sign-out" method="post" className="border-line border-t p-4">
            <Button kind="secondary" type="submit">
              {t('shell.signOut')}
            </Button>
          </form>
        </Card>
      )}
    </main>
  )
}
