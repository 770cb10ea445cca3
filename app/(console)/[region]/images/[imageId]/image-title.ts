import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { currentContext } from '@/lib/context'
import { findSeenImage } from '@/lib/images/reads'
import { imageParams } from '@/lib/images/schema'
import { forPage } from '@/lib/page-fault'
import { may } from '@/lib/permissions'

type ImageTitle = { params: Promise<{ region: string; imageId: string }>; page: string; isOwnersOnly: boolean }

/**
 * The title of one of an image's pages: the image first, so that tabs can be told apart. A missing image gets the title
 * of a 404.
 */
export async function imageTitle({ params, page, isOwnersOnly }: ImageTitle): Promise<Metadata> {
  const [asked, ctx, t] = await Promise.all([params, currentContext(), getTranslations('shell')])
  const { data } = imageParams.safeParse(asked)
  const image =
    data && ctx && may(ctx.viewer, 'images.read', data.region) && (await forPage(findSeenImage(ctx, data.imageId)))
  const isThere = image && (image.isOwn || !isOwnersOnly)
  return { title: isThere ? `${image.name} · ${page}` : t('notFoundTitle') }
}
