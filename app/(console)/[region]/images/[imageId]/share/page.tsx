import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { ShareCheck } from '@/components/checks/share-check'
import { ImageElsewherePage } from '@/components/images/image-elsewhere'
import { SharePage } from '@/components/shares/share-page'
import { findShareCheck } from '@/lib/checks/reads'
import { isCheckedClean } from '@/lib/checks/rules'
import { requireContext } from '@/lib/context'
import { listGroups } from '@/lib/groups/reads'
import { membersWith } from '@/lib/groups/rules'
import { getImage } from '@/lib/images/reads'
import { imageParams } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { may } from '@/lib/permissions'
import { Prefetch } from '@/lib/prefetch'
import { imageSharesQuery } from '@/lib/shares/queries'
import { getImageShares } from '@/lib/shares/reads'
import { imageTitle } from '../image-title'

type Props = PageProps<'/[region]/images/[imageId]/share'>

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return await imageTitle({ params, page: (await getTranslations('share'))('title'), isOwnersOnly: true })
}

export default async function ImageSharesPage({ params, searchParams }: Props) {
  const asked = imageParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId } = asked.data
  const ctx = await requireContext(paths.shareImage(region, imageId), 'images.read', region)
  const [shares, check, groups] = await forPage(
    Promise.all([
      getImageShares(ctx, { region, imageId }),
      findShareCheck(ctx, imageId),
      may(ctx.viewer, 'shares.give', region) ? listGroups(ctx) : [],
    ]),
  )
  if (!shares) {
    const image = await forPage(getImage(ctx, { region, imageId }))
    if (image?.view !== 'elsewhere') notFound()
    return (
      <ImageElsewherePage
        image={image}
        href={paths.shareImage(image.imageRegion, image.id)}
        region={region}
        viewer={ctx.viewer}
      />
    )
  }
  const { group } = await searchParams
  const chosen = groups.find(({ id }) => id === group)
  const { lacking } = membersWith(chosen?.usernames ?? [], shares.shares)
  return (
    <Prefetch queries={[{ queryKey: imageSharesQuery(region, imageId).queryKey, data: shares }]}>
      <SharePage
        region={region}
        imageId={imageId}
        idempotencyKey={crypto.randomUUID()}
        check={check && <ShareCheck region={region} imageId={imageId} check={check} />}
        needsReason={check !== null && check.policy !== 'off' && !isCheckedClean(check)}
        suggested={lacking.map((username) => `${username}, `).join('')}
        groups={groups}
      />
    </Prefetch>
  )
}
