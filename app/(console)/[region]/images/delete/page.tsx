import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { DeleteSelectedForm } from '@/components/images/delete-selected-form'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { env } from '@/lib/env'
import { findOwnImages } from '@/lib/images/reads-selected'
import { selectedImagesParam } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('selected'))('deletePage') }
}

/** Asks before the images that were selected in the list are deleted. */
export default async function DeleteSelectedPage({ params, searchParams }: PageProps<'/[region]/images/delete'>) {
  const { region } = await params
  const back = paths.customImages(region)
  const ctx = await requireContext(back, 'images.change', region)
  const ids = selectedImagesParam.safeParse((await searchParams).ids)
  const [images, t, tImages] = await Promise.all([
    ids.success ? forPage(findOwnImages(ctx, { region, imageIds: ids.data })) : [],
    getTranslations('selected'),
    getTranslations('images'),
  ])
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: tImages('title'), href: back }, { label: t('deletePage') }]}
        title={t('deletePage')}
        line={t('deleteLine')}
      />
      <DeleteSelectedForm region={region} images={images} recycleDays={env().ECS_RECYCLE_DAYS} back={back} />
    </main>
  )
}
