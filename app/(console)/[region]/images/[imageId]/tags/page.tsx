import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { TagsForm } from '@/components/images/tags-form'
import { requireContext } from '@/lib/context'
import { getImage } from '@/lib/images/reads'
import { canImage } from '@/lib/images/rules'
import { imageParams } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { imageTitle } from '../image-title'

type Props = PageProps<'/[region]/images/[imageId]/tags'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('tags'))('title'), isOwnersOnly: true })
}

/** The tags of an own image. */
export default async function ImageTagsPage({ params }: Props) {
  const asked = imageParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId } = asked.data
  const ctx = await requireContext(paths.editImage(region, imageId, 'tags'), 'images.change', region)
  const [image, t] = await Promise.all([forPage(getImage(ctx, { region, imageId })), getTranslations('tags')])
  if (image?.view !== 'owner' || !canImage('edit', image.state)) notFound()
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <ImagePageHeader region={region} image={image} page={t('title')} line={t('line')} />
      <TagsForm image={image} />
    </main>
  )
}
