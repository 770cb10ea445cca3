import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { TagsForm } from '@/components/images/tags-form'
import { canImage } from '@/lib/images/rules'
import { imageTitle } from '../image-title'
import { ownImagePage } from '../own-image-page'

type Props = PageProps<'/[region]/images/[imageId]/tags'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('tags'))('title'), isOwnersOnly: true })
}

/** The tags of an own image. */
export default async function ImageTagsPage({ params }: Props) {
  const t = await getTranslations('tags')
  return await ownImagePage({ params, what: 'tags' }, (image) =>
    canImage('edit', image.state) ? (
      <>
        <ImagePageHeader region={image.regionId} image={image} page={t('title')} line={t('line')} />
        <TagsForm image={image} />
      </>
    ) : null,
  )
}
