import { cookies } from 'next/headers'
import { getLocale, getTranslations } from 'next-intl/server'
import { CurrentRegionProvider } from '@/components/shell/current-region'
import { menuIcons } from '@/components/shell/frame-icons'
import { NavigationArea } from '@/components/shell/navigation-area'
import { PageAccount } from '@/components/shell/page-account'
import { PageStatusBar } from '@/components/shell/page-status-bar'
import { readTheme, regionCookie, themeCookie } from '@/components/shell/preferences'
import { RightsProvider } from '@/components/shell/rights'
import { SideMenu } from '@/components/shell/side-menu'
import { TimeZoneLine } from '@/components/shell/time-zone-line'
import { TopBar } from '@/components/shell/top-bar'
import { currentContext } from '@/lib/context'
import { unreadQuery } from '@/lib/notices/queries'
import { countUnread } from '@/lib/notices/reads'
import type { UnreadCount } from '@/lib/notices/schema'
import { forPage } from '@/lib/page-fault'
import { pageRegions } from '@/lib/page-regions'
import { permittedTo } from '@/lib/permissions'
import { Prefetch } from '@/lib/prefetch'
import { isReadOnly } from '@/lib/read-only'
import { regionContentsQuery } from '@/lib/regions/queries'
import { listRegionContents } from '@/lib/regions/reads'
import { regionName, startRegion } from '@/lib/regions/rules'
import type { RegionContents } from '@/lib/regions/schema'
import { release } from '@/lib/version'

/** Top bar and side menu. It never redirects: a layout does not know its path, so every page checks the sign-in itself. */
export default async function ConsoleLayout({ children }: LayoutProps<'/'>) {
  const [ctx, jar, locale, t] = await Promise.all([currentContext(), cookies(), getLocale(), getTranslations('shell')])
  if (!ctx) return children
  const [all, contents, unread] = await Promise.all([
    pageRegions(),
    forPage(listRegionContents(ctx)),
    forPage(countUnread(ctx)),
  ])
  const regions = all.map((region) => ({ id: region.id, name: regionName(region, locale) }))
  const remembered = startRegion(regions, contents, jar.get(regionCookie)?.value)?.id ?? ''
  return (
    <PageAccount account={ctx.viewer.accountId}>
      <RightsProvider permitted={permittedTo(ctx.viewer)}>
        <CurrentRegionProvider regions={regions} remembered={remembered}>
          <div className="flex min-h-dvh flex-col">
            <a
              href="#content"
              className="sr-only z-50 rounded-control bg-accent px-3 py-2 text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
            >
              {t('skip')}
            </a>
            <Prefetch<RegionContents[] | UnreadCount>
              queries={[
                { queryKey: regionContentsQuery().queryKey, data: contents },
                { queryKey: unreadQuery().queryKey, data: unread },
              ]}
            >
              <TopBar
                regions={regions}
                theme={readTheme(jar.get(themeCookie)?.value)}
                viewer={ctx.viewer}
                release={release()}
              />
            </Prefetch>
            <div className="flex flex-1">
              <aside className="w-14 shrink-0 border-line border-r bg-surface-raised max-md:hidden lg:w-54">
                <div className="sticky top-12">
                  <SideMenu icons={menuIcons} />
                </div>
              </aside>
              <div className="flex min-w-0 flex-1 flex-col">
                <NavigationArea>{children}</NavigationArea>
                <TimeZoneLine now={ctx.now} />
              </div>
            </div>
            <PageStatusBar wasReadOnly={await isReadOnly()} />
          </div>
        </CurrentRegionProvider>
      </RightsProvider>
    </PageAccount>
  )
}
