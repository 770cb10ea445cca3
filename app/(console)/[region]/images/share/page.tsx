import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { ShareSelectedForm } from '@/components/shares/share-selected-form'
import { PageHeader } from '@/components/shell/page-header'
import { sharePolicy } from '@/lib/checks/reads'
import { requireContext } from '@/lib/context'
import { findOwnImages } from '@/lib/images/reads-selected'
import { selectedImagesParam } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { endPolicy } from '@/lib/shares/reads'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('selected'))('title') }
}

/** Shares the images that were selected in the list with the same accounts. */
export default async function ShareSelectedPage({ params, searchParams }: PageProps<'/[region]/images/share'>) {
  const { region } = await params
  const back = paths.customImages(region)
  const ctx = await requireContext(back, 'shares.give', region)
  const ids = selectedImagesParam.safeParse((await searchParams).ids)
  const [images, t, tImages] = await Promise.all([
    ids.success ? forPage(findOwnImages(ctx, { region, imageIds: ids.data })) : [],
    getTranslations('selected'),
    getTranslations('images'),
  ])
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: tImages('title'), href: back }, { label: t('title') }]}
        title={t('title')}
        line={t('line')}
      />
      <ShareSelectedForm
        region={region}
        images={images}
        ends={endPolicy()}
        hasPolicy={sharePolicy() !== 'off'}
        idempotencyKey={crypto.randomUUID()}
        back={back}
      />
    </main>
  )
}
