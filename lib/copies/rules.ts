import { canImage } from '@/lib/images/rules'
import type { RefusalOf } from '@/lib/result'

export type CopyFacts = { image: { regionId: string; state: string }; targetRegion: string }

/** Rules 5 and 6: an own image can be copied to another region while it is available. */
export function refuseCopy({
  image,
  targetRegion,
}: CopyFacts): RefusalOf<'IMAGE_NOT_AVAILABLE' | 'INVALID_INPUT'> | null {
  if (!canImage('copy', image.state)) return { code: 'IMAGE_NOT_AVAILABLE', state: image.state }
  return image.regionId === targetRegion
    ? { code: 'INVALID_INPUT', field: 'targetRegion', problem: 'same-region' }
    : null
}

/** Only a failed copy can be retried. `copyOfId` is null for an image that is not a copy. */
export function refuseRetryCopy(image: {
  state: string
  source: string
  copyOfId: string | null
}): RefusalOf<'IMAGE_BUSY'> | null {
  const isFailedCopy = canImage('retry', image.state) && image.source === 'COPY' && image.copyOfId !== null
  return isFailedCopy ? null : { code: 'IMAGE_BUSY', state: image.state }
}
