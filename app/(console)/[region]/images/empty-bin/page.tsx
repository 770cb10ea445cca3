import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { EmptyBinForm } from '@/components/images/empty-bin-form'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { getRecycleBin } from '@/lib/images/reads'
import { listBinInstances } from '@/lib/instances/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('recycleBin'))('empty') }
}

/** Asks before the recycle bin is emptied, in browsers without scripts. */
export default async function EmptyBinPage({ params }: PageProps<'/[region]/images/empty-bin'>) {
  const { region } = await params
  const back = paths.customImages(region, { state: 'deleted' })
  const ctx = await requireContext(paths.severalImages(region, 'empty-bin'), 'images.change', region)
  const [bin, usedBy, t, tImages] = await Promise.all([
    forPage(getRecycleBin(ctx, { region })),
    forPage(listBinInstances(ctx, { region })),
    getTranslations('recycleBin'),
    getTranslations('images'),
  ])
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[
          { label: tImages('title'), href: paths.customImages(region) },
          { label: t('title'), href: back },
        ]}
        title={t('empty')}
        line={t('line', { days: bin.recycleDays })}
      />
      <EmptyBinForm region={region} bin={bin} usedBy={usedBy} back={back} />
    </main>
  )
}
