import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { EditImageForm } from '@/components/images/edit-image-form'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { paths } from '@/lib/paths'
import { ownImagePage } from '../own-image-page'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('images'))('edit') }
}

/** Edits an own image. */
export default async function EditImagePage({ params }: PageProps<'/[region]/images/[imageId]/edit'>) {
  const t = await getTranslations('images')
  return await ownImagePage({ params, what: 'edit' }, (image) => (
    <>
      <ImagePageHeader region={image.regionId} image={image} page={t('edit')} />
      <EditImageForm image={image} leadsTo={paths.image(image.regionId, image.id)} />
    </>
  ))
}
