import 'server-only'
import { db } from '@/lib/db/client'
import { imageCan } from '@/lib/images/rules'

const blobFields = { id: true, sha256: true, size: true, format: true, virtualSize: true, layout: true } as const

/** The source of a copy; null if its image is no longer available. */
export async function findCopySource(copyOfId: string) {
  const source = await db().image.findUnique({
    where: { id: copyOfId, state: { in: [...imageCan.copy] } },
    select: { regionId: true, blob: { select: blobFields } },
  })
  return source?.blob ? { regionId: source.regionId, blob: source.blob } : null
}
