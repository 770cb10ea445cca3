'use client'

import dynamic from 'next/dynamic'
import { useParams } from 'next/navigation'
import { imageIdPattern, regionIdPattern } from '@/lib/id-patterns'
import { latePart } from '@/lib/late-part'

// Every page of an image brings this along, and few of them show it.
const EndedSharePage = dynamic(() =>
  latePart(() => import('@/components/shares/ended-share-page').then((module) => module.EndedSharePage)),
)

const NotFoundPage = dynamic(() =>
  latePart(() => import('@/components/shell/not-found-page').then((module) => module.NotFoundPage)),
)

/** A 404 for everybody. The page itself tells a former recipient how its share ended. */
export default function ImageNotFound() {
  // It reads its address without the library of the schemas, for the same reason.
  const { region = '', imageId = '' } = useParams<{ region?: string; imageId?: string }>()
  const isImage = regionIdPattern.test(region) && imageIdPattern.test(imageId)
  return isImage ? <EndedSharePage region={region} imageId={imageId} isNews={false} /> : <NotFoundPage />
}
