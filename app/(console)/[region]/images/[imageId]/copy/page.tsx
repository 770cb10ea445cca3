import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { CopyForm } from '@/components/copies/copy-form'
import { ImageElsewherePage } from '@/components/images/image-elsewhere'
import { ImagePageHeader } from '@/components/images/image-page-header'
import { Notice } from '@/components/ui/notice'
import { requireContext } from '@/lib/context'
import { regionId } from '@/lib/fields'
import { getImage } from '@/lib/images/reads'
import { imageParams } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { may } from '@/lib/permissions'
import { listQuotas } from '@/lib/quotas/reads'
import { imageTitle } from '../image-title'

type Props = PageProps<'/[region]/images/[imageId]/copy'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('copy'))('title'), isOwnersOnly: true })
}

export default async function CopyImagePage({ params, searchParams }: Props) {
  const asked = imageParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId } = asked.data
  const ctx = await requireContext(paths.copyImage(region, imageId), 'images.download', region)
  const [image, quotas, t, search] = await Promise.all([
    forPage(getImage(ctx, { region, imageId })),
    forPage(listQuotas(ctx.viewer.ownerId)),
    getTranslations(),
    searchParams,
  ])
  if (image?.view === 'elsewhere')
    return (
      <ImageElsewherePage
        image={image}
        href={paths.copyImage(image.imageRegion, image.id)}
        region={region}
        viewer={ctx.viewer}
      />
    )
  // For a recipient the page does not exist.
  if (image?.view !== 'owner') notFound()
  const others = quotas.filter((quota) => quota.regionId !== region)
  const targets = others
    .filter(({ regionId: id }) => may(ctx.viewer, 'images.change', id))
    .map(({ regionId: id, images }) => ({ id, ...images }))
  const wanted = regionId.safeParse(search.to).data
  return (
    <main id="content" className="flex flex-col gap-4 p-4 md:p-6">
      <ImagePageHeader region={region} image={image} page={t('copy.title')} line={t('copy.line')} />
      {targets.length === 0 ? (
        <Notice tone="info">{t(others.length > 0 ? 'copy.noPermittedRegion' : 'copy.noOtherRegion')}</Notice>
      ) : (
        <CopyForm
          region={region}
          image={image}
          targets={targets}
          wanted={wanted}
          idempotencyKey={crypto.randomUUID()}
        />
      )}
    </main>
  )
}
