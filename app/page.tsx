import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { regionCookie } from '@/components/shell/preferences'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { pageRegions } from '@/lib/page-regions'
import { paths } from '@/lib/paths'
import { may } from '@/lib/permissions'
import { listRegionContents } from '@/lib/regions/reads'
import { startRegion } from '@/lib/regions/rules'

/**
 * Redirects to the images of the last used region, else of the first region in which the account has something. Accounts that may
 * read images nowhere are sent to the bill or to Account Info.
 */
export default async function StartPage() {
  const ctx = await requireContext(paths.home(), 'signed-in')
  const [regions, contents, jar] = await Promise.all([pageRegions(), forPage(listRegionContents(ctx)), cookies()])
  const seen = regions.filter(({ id }) => may(ctx.viewer, 'images.read', id))
  const region = startRegion(seen, contents, jar.get(regionCookie)?.value)
  if (region) redirect(paths.customImages(region.id))
  if (regions.length > 0) redirect(may(ctx.viewer, 'bill.read', null) ? paths.billing() : paths.account())
  const t = await getTranslations('shell')
  return (
    <main className="flex min-h-dvh items-center justify-center p-6">
      <h1 className="text-md">{t('noRegions')}</h1>
    </main>
  )
}
