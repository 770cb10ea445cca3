import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { CustomImageTable } from '@/components/images/custom-image-table'
import { requireContext } from '@/lib/context'
import { customImagesQuery } from '@/lib/images/queries'
import { listCustomImages } from '@/lib/images/reads'
import { isInRecycleBin } from '@/lib/images/rules'
import { customImageParams } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'

type Props = PageProps<'/[region]/images/custom'>

export async function generateMetadata({ searchParams }: Props): Promise<Metadata> {
  const { state } = customImageParams.parse(await searchParams)
  const t = await getTranslations()
  return { title: isInRecycleBin(state) ? t('recycleBin.title') : t('images.custom') }
}

export default async function CustomImagesPage({ params, searchParams }: Props) {
  const list = customImageParams.parse({ ...(await searchParams), ...(await params) })
  const ctx = await requireContext(paths.customImages(list.region, list), 'images.read', list.region)
  const data = await forPage(listCustomImages(ctx, list))
  return (
    <Prefetch queries={[{ queryKey: customImagesQuery(list).queryKey, data }]}>
      <CustomImageTable list={list} />
    </Prefetch>
  )
}
