import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { DeprecateForm } from '@/components/images/deprecate-form'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { requireContext } from '@/lib/context'
import { env } from '@/lib/env'
import { getImage } from '@/lib/images/reads'
import { canImage, lastDayBefore } from '@/lib/images/rules'
import { imageParams } from '@/lib/images/schema'
import { listInstanceImages } from '@/lib/instances/reads-images'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { imageTitle } from '../image-title'

type Props = PageProps<'/[region]/images/[imageId]/deprecate'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('deprecation'))('deprecate'), isOwnersOnly: true })
}

/** Until when an own image can be used, and what comes after it. */
export default async function DeprecateImagePage({ params }: Props) {
  const asked = imageParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId } = asked.data
  const ctx = await requireContext(paths.editImage(region, imageId, 'deprecate'), 'images.change', region)
  const [image, images, t] = await Promise.all([
    forPage(getImage(ctx, { region, imageId })),
    forPage(listInstanceImages(ctx, { region, q: '' })),
    getTranslations('deprecation'),
  ])
  if (image?.view !== 'owner' || !canImage('deprecate', image.state)) notFound()
  const others = images.filter(({ id, isShared }) => !isShared && id !== imageId)
  const retiresAt = image.deprecation?.retiresAt
  const day = retiresAt ? lastDayBefore(new Date(retiresAt), env().ECS_TIME_ZONE) : ''
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <ImagePageHeader region={region} image={image} page={t('deprecate')} line={t('line')} />
      <DeprecateForm image={image} day={day} others={others} />
    </main>
  )
}
