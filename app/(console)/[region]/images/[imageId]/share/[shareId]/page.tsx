import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import { CancelSharePage } from '@/components/shares/cancel-share-page'
import { PageHeader } from '@/components/shell/page-header'
import { requireContext } from '@/lib/context'
import { shareId as shareIdField } from '@/lib/fields'
import { getImage } from '@/lib/images/reads'
import { type ImageDetails, imageParams } from '@/lib/images/schema'
import { listInstances } from '@/lib/instances/reads'
import { instanceListParams } from '@/lib/instances/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { getImageShares } from '@/lib/shares/reads'

const shareParams = imageParams.extend({ shareId: shareIdField })

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('images'))('cancelSharing') }
}

export default async function CancelSharingPage({ params }: PageProps<'/[region]/images/[imageId]/share/[shareId]'>) {
  const asked = shareParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId, shareId } = asked.data
  const ctx = await requireContext(paths.cancelSharing(region, imageId, shareId), 'images.read', region)
  const [image, shares, own, t] = await Promise.all([
    forPage(getImage(ctx, { region, imageId })),
    forPage(getImageShares(ctx, { region, imageId })),
    forPage(listInstances(ctx, instanceListParams.parse({ region, q: imageId }))),
    getTranslations('images'),
  ])
  const seen = image && seenBy(image, shareId)
  if (!seen) notFound()
  const { side, username, name } = seen
  const held = shares?.shares.find((share) => share.id === shareId)?.instances ?? 0
  const instances = side === 'sharer' ? held : own.items.length
  const list = side === 'sharer' ? paths.shareImage(region, imageId) : paths.sharedImages(region)
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title'), href: list }, { label: t('cancelSharing') }]}
        title={t('cancelSharing')}
        line={name}
      />
      <CancelSharePage share={{ id: shareId, username, image: name, instances }} side={side} back={list} />
    </main>
  )
}

/** The side of the viewer in a share, and the username of the other side. Null: not a share of this image that the viewer may end. */
function seenBy(image: ImageDetails, shareId: string) {
  if (image.view === 'recipient' && image.shareId === shareId)
    return { side: 'recipient' as const, username: image.sharer, name: image.name }
  if (image.view !== 'owner') return null
  const share = image.recipients.find((candidate) => candidate.shareId === shareId)
  return share ? { side: 'sharer' as const, username: share.username, name: image.name } : null
}
