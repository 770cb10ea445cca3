import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { EditImageForm } from '@/components/images/edit-image-form'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { requireContext } from '@/lib/context'
import { getImage } from '@/lib/images/reads'
import { imageParams } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('images'))('edit') }
}

export default async function EditImagePage({ params }: PageProps<'/[region]/images/[imageId]/edit'>) {
  const asked = imageParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId } = asked.data
  const ctx = await requireContext(paths.editImage(region, imageId), 'images.change', region)
  const [image, t] = await Promise.all([forPage(getImage(ctx, { region, imageId })), getTranslations('images')])
  if (image?.view !== 'owner') notFound()
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <ImagePageHeader region={region} image={image} page={t('edit')} />
      <EditImageForm image={image} leadsTo={paths.image(region, imageId)} />
    </main>
  )
}
