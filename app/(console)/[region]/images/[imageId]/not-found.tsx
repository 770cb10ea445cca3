'use client'

import { useParams } from 'next/navigation'
import { EndedSharePage } from '@/components/shares/ended-share-page'
import { NotFoundPage } from '@/components/shell/not-found-page'
import { imageParams } from '@/lib/images/schema'

/** A 404 for everybody. Who held the image until its share ended is told so by the page itself. */
export default function ImageNotFound() {
  const asked = imageParams.safeParse(useParams())
  return asked.success ? <EndedSharePage {...asked.data} isNews={false} /> : <NotFoundPage />
}
