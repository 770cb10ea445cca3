'use client'

import { useParams } from 'next/navigation'
import { EndedSharePage } from '@/components/shares/ended-share-page'
import { NotFoundPage } from '@/components/shell/not-found-page'
import { imageIdPattern, regionIdPattern } from '@/lib/id-patterns'

/** A 404 for everybody. Who held the image until its share ended is told so by the page itself. */
export default function ImageNotFound() {
  // Every page of an image brings this along, so it reads its address without the library of the schemas.
  const { region = '', imageId = '' } = useParams<{ region?: string; imageId?: string }>()
  const isImage = regionIdPattern.test(region) && imageIdPattern.test(imageId)
  return isImage ? <EndedSharePage region={region} imageId={imageId} isNews={false} /> : <NotFoundPage />
}
