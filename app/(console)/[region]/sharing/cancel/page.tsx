import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { CancelManyPage } from '@/components/shares/cancel-many-page'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { findListedShares } from '@/lib/shares/reads-list'
import { selectedShares, shareListParams } from '@/lib/shares/schema-list'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('sharing'))('cancel') }
}

/** The confirmation before selected shares are cancelled, as a page for browsers without scripts. */
export default async function CancelSelectedPage({ params, searchParams }: PageProps<'/[region]/sharing/cancel'>) {
  const asked = await searchParams
  const { region, tab } = shareListParams.parse({ ...asked, ...(await params) })
  const back = paths.sharing(region, { tab })
  const ctx = await requireContext(back, tab === 'given' ? 'shares.give' : 'shares.receive', (await params).region)
  const ids = selectedShares.safeParse(asked.ids)
  const [shares, t] = await Promise.all([
    ids.success ? forPage(findListedShares(ctx, { tab, region, ids: ids.data })) : [],
    getTranslations('sharing'),
  ])
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title'), href: back }, { label: t('cancel') }]}
        title={t('cancel')}
        line={t(tab)}
      />
      <CancelManyPage shares={shares} tab={tab} back={back} />
    </main>
  )
}
