import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { DeprecateForm } from '@/components/images/deprecate-form'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { env } from '@/lib/env'
import { canImage, lastDayBefore } from '@/lib/images/rules'
import { listInstanceImages } from '@/lib/instances/reads-images'
import { forPage } from '@/lib/page-fault'
import { imageTitle } from '../image-title'
import { ownImagePage } from '../own-image-page'

type Props = PageProps<'/[region]/images/[imageId]/deprecate'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('deprecation'))('deprecate'), isOwnersOnly: true })
}

/** Deprecates an own image: the last day on which it can be used, and its replacement. */
export default async function DeprecateImagePage({ params }: Props) {
  const t = await getTranslations('deprecation')
  return await ownImagePage({ params, what: 'deprecate' }, async (image, ctx) => {
    if (!canImage('deprecate', image.state)) return null
    const images = await forPage(listInstanceImages(ctx, { region: image.regionId, q: '' }))
    const others = images.filter(({ id, isShared }) => !isShared && id !== image.id)
    const retiresAt = image.deprecation?.retiresAt
    const day = retiresAt ? lastDayBefore(new Date(retiresAt), env().ECS_TIME_ZONE) : ''
    return (
      <>
        <ImagePageHeader region={image.regionId} image={image} page={t('deprecate')} line={t('line')} />
        <DeprecateForm image={image} day={day} others={others} />
      </>
    )
  })
}
