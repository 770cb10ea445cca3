import { cookies } from 'next/headers'
import { redirect } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { regionCookie } from '@/components/shell/preferences'
import { requireContext } from '@/lib/auth/session'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { listRegions } from '@/lib/regions/reads'

/** Leads to the images of the last used region, or of the first. */
export default async function StartPage() {
  await requireContext(paths.home())
  const [regions, jar] = await Promise.all([forPage(listRegions()), cookies()])
  const last = jar.get(regionCookie)?.value
  const region = regions.find((candidate) => candidate.id === last) ?? regions[0]
  if (region) redirect(paths.customImages(region.id))
  const t = await getTranslations('shell')
  return (
    <main className="flex min-h-dvh items-center justify-center p-6">
      <h1 className="text-md">{t('noRegions')}</h1>
    </main>
  )
}
