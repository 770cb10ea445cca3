import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { ImageCheckCard } from '@/components/checks/image-check-card'
import { ImageDetailsView } from '@/components/images/image-details'
import { ImageElsewherePage } from '@/components/images/image-elsewhere'
import { getImageCheck } from '@/lib/checks/reads'
import { requireContext } from '@/lib/context'
import { imageQuery } from '@/lib/images/queries'
import { getImage } from '@/lib/images/reads'
import { imagePageParams } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { Prefetch } from '@/lib/prefetch'
import { imageTitle } from './image-title'

type Props = PageProps<'/[region]/images/[imageId]'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('images'))('details'), isOwnersOnly: false })
}

export default async function ImagePage({ params, searchParams }: Props) {
  const asked = imagePageParams.safeParse({ ...(await searchParams), ...(await params) })
  if (!asked.success) notFound()
  const { region, imageId, before } = asked.data
  const ctx = await requireContext(paths.image(region, imageId), 'images.read', region)
  const [image, check] = await forPage(
    Promise.all([getImage(ctx, asked.data), getImageCheck(ctx, { region, imageId })]),
  )
  if (!image) notFound()
  if (image.view === 'elsewhere')
    return (
      <ImageElsewherePage
        image={image}
        href={paths.image(image.imageRegion, image.id)}
        region={region}
        viewer={ctx.viewer}
      />
    )
  return (
    <Prefetch queries={[{ queryKey: imageQuery(region, imageId, before).queryKey, data: image }]}>
      <ImageDetailsView
        region={region}
        imageId={imageId}
        before={before}
        check={check && <ImageCheckCard region={region} imageId={imageId} check={check} />}
      />
    </Prefetch>
  )
}
