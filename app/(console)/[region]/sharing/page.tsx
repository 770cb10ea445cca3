import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { SharingTable } from '@/components/shares/sharing-table'
import { SharingTabs } from '@/components/shares/sharing-tabs'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'
import { shareListQuery } from '@/lib/shares/queries'
import { listShares } from '@/lib/shares/reads-list'
import { shareListParams } from '@/lib/shares/schema-list'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('sharing'))('title') }
}

export default async function SharingPage({ params, searchParams }: PageProps<'/[region]/sharing'>) {
  const list = shareListParams.parse({ ...(await searchParams), ...(await params) })
  const { state, after, before, ...asked } = list
  const ctx = await requireContext(
    paths.sharing(list.region, { ...asked, ...(state ? { state } : {}) }),
    'images.read',
    list.region,
  )
  const [data, t] = await Promise.all([forPage(listShares(ctx, list)), getTranslations()])
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('shell.imagesAndSnapshots') }, { label: t('sharing.title') }]}
        title={t('sharing.title')}
        line={t('sharing.line')}
      />
      <SharingTabs region={list.region} tab={list.tab} />
      <Prefetch queries={[{ queryKey: shareListQuery(list).queryKey, data }]}>
        <SharingTable key={list.tab} list={list} />
      </Prefetch>
    </main>
  )
}
