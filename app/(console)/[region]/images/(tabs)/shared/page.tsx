import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { SharedImageTable } from '@/components/images/shared-image-table'
import { requireContext } from '@/lib/context'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'
import { sharedImagesQuery } from '@/lib/shares/queries'
import { listSharedImages } from '@/lib/shares/reads'
import { sharedImageParams } from '@/lib/shares/schema'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('images'))('shared') }
}

export default async function SharedImagesPage({ params, searchParams }: PageProps<'/[region]/images/shared'>) {
  const list = sharedImageParams.parse({ ...(await searchParams), ...(await params) })
  const ctx = await requireContext(paths.sharedImages(list.region, list), 'images.read', list.region)
  const data = await forPage(listSharedImages(ctx, list))
  return (
    <Prefetch queries={[{ queryKey: sharedImagesQuery(list).queryKey, data }]}>
      <SharedImageTable list={list} />
    </Prefetch>
  )
}
