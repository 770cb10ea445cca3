import { cookies } from 'next/headers'
import { getTranslations } from 'next-intl/server'
import { CurrentRegionProvider } from '@/components/shell/current-region'
import { readTheme, regionCookie, themeCookie } from '@/components/shell/preferences'
import { SideMenu } from '@/components/shell/side-menu'
import { TopBar } from '@/components/shell/top-bar'
import { currentContext } from '@/lib/auth/session'
import { forPage } from '@/lib/page-fault'
import { listRegions } from '@/lib/regions/reads'

/** Top bar and side menu. It never redirects: a layout does not know its path, so every page asks who is there itself. */
export default async function ConsoleLayout({ children }: LayoutProps<'/'>) {
  const [ctx, jar, t] = await Promise.all([currentContext(), cookies(), getTranslations('shell')])
  if (!ctx) return children
  const regions = await forPage(listRegions())
  const last = jar.get(regionCookie)?.value
  const region = regions.find((candidate) => candidate.id === last) ?? regions[0]
  return (
    <CurrentRegionProvider remembered={region?.id ?? ''}>
      <a
        href="#content"
        className="sr-only z-50 rounded-control bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        {t('skip')}
      </a>
      <TopBar regions={regions} theme={readTheme(jar.get(themeCookie)?.value)} viewer={ctx.viewer} />
      <div className="flex min-h-[calc(100dvh-48px)]">
        <aside className="w-14 shrink-0 border-line border-r bg-surface-raised max-md:hidden lg:w-54">
          <div className="sticky top-12">
            <SideMenu />
          </div>
        </aside>
        <div className="min-w-0 flex-1">{children}</div>
      </div>
    </CurrentRegionProvider>
  )
}
