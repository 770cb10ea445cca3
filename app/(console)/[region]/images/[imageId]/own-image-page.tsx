import 'server-only'
import { notFound } from 'next/navigation'
import type { ReactNode } from 'react'
import { ImageElsewherePage } from '@/components/images/image-elsewhere'
import type { Context } from '@/lib/auth/viewer'
import { requireContext } from '@/lib/context'
import { getImage } from '@/lib/images/reads'
import { imageParams, type OwnImage } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { paths } from '@/lib/paths'
import { may } from '@/lib/permissions'

type OwnImagePage = {
  params: Promise<{ region: string; imageId: string }>
  what: 'edit' | 'deprecate' | 'tags'
}

/**
 * The frame of a page that changes an own image. Needs `images.change`; under another region's URL it links to the image's
 * own region. 404 if `content` returns null because the image's state has no such page.
 */
export async function ownImagePage(
  { params, what }: OwnImagePage,
  content: (image: OwnImage, ctx: Context) => ReactNode | Promise<ReactNode>,
): Promise<ReactNode> {
  const asked = imageParams.safeParse(await params)
  if (!asked.success) notFound()
  const { region, imageId } = asked.data
  const ctx = await requireContext(paths.editImage(region, imageId, what), 'images.change', region)
  const image = await forPage(getImage(ctx, { region, imageId }))
  if (image?.view === 'elsewhere') {
    const { imageRegion, id } = image
    const mayThere = may(ctx.viewer, 'images.change', imageRegion)
    const href = mayThere ? paths.editImage(imageRegion, id, what) : paths.image(imageRegion, id)
    return <ImageElsewherePage image={image} href={href} region={region} viewer={ctx.viewer} />
  }
  if (image?.view !== 'owner') notFound()
  const shown = await content(image, ctx)
  if (shown === null) notFound()
  return (
    <main id="content" className="flex max-w-160 flex-col gap-4 p-4 md:p-6">
      {shown}
    </main>
  )
}
