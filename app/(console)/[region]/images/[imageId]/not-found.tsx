'use client'

import dynamic from 'next/dynamic'
import { useParams } from 'next/navigation'
import { imageIdPattern, regionIdPattern } from '@/lib/id-patterns'
import { latePart } from '@/lib/late-part'

// Loaded on demand: this file is part of every page of an image, and few visitors see it.
const EndedSharePage = dynamic(() =>
  latePart(() => import('@/components/shares/ended-share-page').then((module) => module.EndedSharePage)),
)

const NotFoundPage = dynamic(() =>
  latePart(() => import('@/components/shell/not-found-page').then((module) => module.NotFoundPage)),
)

/** The 404 of an image's pages, the same for everybody. In the browser it tells a former recipient how the share ended. */
export default function ImageNotFound() {
  // Patterns instead of the zod schemas, which would add their library to every page of an image.
  const { region = '', imageId = '' } = useParams<{ region?: string; imageId?: string }>()
  const isImage = regionIdPattern.test(region) && imageIdPattern.test(imageId)
  return isImage ? <EndedSharePage region={region} imageId={imageId} isNews={false} /> : <NotFoundPage />
}
