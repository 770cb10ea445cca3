import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { CleanPage } from '@/components/clean-copies/clean-page'
import { ImageElsewherePage } from '@/components/images/image-elsewhere'
import { checkParams } from '@/lib/checks/schema'
import { getCleanForm } from '@/lib/clean-copies/reads'
import { requireContext } from '@/lib/context'
import { getImage } from '@/lib/images/reads'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { imageTitle } from '../../image-title'

type Props = PageProps<'/[region]/images/[imageId]/check/clean'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('clean'))('title'), isOwnersOnly: true })
}

export default async function MakeCleanCopyPage({ params }: Props) {
  const asked = checkParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId } = asked.data
  const ctx = await requireContext(paths.cleanImage(region, imageId), 'images.change', region)
  const form = await forPage(getCleanForm(ctx, asked.data))
  if (form) return <CleanPage region={region} form={form} idempotencyKey={crypto.randomUUID()} />
  const image = await forPage(getImage(ctx, { region, imageId }))
  if (image?.view !== 'elsewhere') notFound()
  return (
    <ImageElsewherePage
      image={image}
      href={paths.cleanImage(image.imageRegion, image.id)}
      region={region}
      viewer={ctx.viewer}
    />
  )
}
