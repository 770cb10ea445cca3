import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { ExtendForm } from '@/components/shares/extend-form'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { endPolicy } from '@/lib/shares/reads'
import { findListedShares } from '@/lib/shares/reads-list'
import { selectedShares, shareListParams } from '@/lib/shares/schema-list'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('sharing'))('extend') }
}

/** Changes the end of the selected shares. Only the sharer can. */
export default async function ExtendSelectedPage({ params, searchParams }: PageProps<'/[region]/sharing/extend'>) {
  const asked = await searchParams
  const { region } = shareListParams.parse({ ...asked, ...(await params) })
  const back = paths.sharing(region, { tab: 'given' })
  const ctx = await requireContext(back, 'shares.give', (await params).region)
  const ids = selectedShares.safeParse(asked.ids)
  const [shares, t] = await Promise.all([
    ids.success ? forPage(findListedShares(ctx, { tab: 'given', region, ids: ids.data })) : [],
    getTranslations('sharing'),
  ])
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title'), href: back }, { label: t('extend') }]}
        title={t('extend')}
        line={t('extendLine')}
      />
      <ExtendForm shares={shares} ends={endPolicy()} back={back} />
    </main>
  )
}
