import 'server-only'
import { db } from '@/lib/db/client'

const blobFields = { id: true, sha256: true, size: true, format: true, virtualSize: true, layout: true } as const

/** A copy that is to be worked on, with its owner and the bytes of its source; null once it has ended. */
export async function findCopy(imageId: string) {
  const copy = await db().image.findFirst({
    where: { id: imageId, state: 'copying' },
    select: {
      id: true,
      regionId: true,
      copyOfId: true,
      copyOfRegionId: true,
      owner: { select: { id: true, username: true } },
    },
  })
  if (!copy?.copyOfId || !copy.copyOfRegionId) return null
  const source = await db().image.findUnique({
    where: { id: copy.copyOfId, state: 'available' },
    select: { regionId: true, blob: { select: blobFields } },
  })
  return { ...copy, source: source?.blob ? { regionId: source.regionId, blob: source.blob } : null }
}
