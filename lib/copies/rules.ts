import type { Refusal } from '@/lib/result'

type ImageFacts = { id: string; isOwn: boolean; regionId: string; state: string }

export type CopyFacts = { image: ImageFacts | null; region: string; targetRegion: string }

/** Rules 5 and 6: only an own image is copied, from where it is to another region, and only while it is available. */
export function refuseCopy({ image, region, targetRegion }: CopyFacts): Refusal | null {
  if (!image?.isOwn) return { code: 'IMAGE_NOT_FOUND' }
  if (image.regionId !== region)
    return { code: 'REGION_MISMATCH', imageId: image.id, imageRegion: image.regionId, region }
  if (image.state !== 'available') return { code: 'IMAGE_NOT_AVAILABLE', state: image.state }
  return image.regionId === targetRegion
    ? { code: 'INVALID_INPUT', field: 'targetRegion', problem: 'same-region' }
    : null
}

/** Whether a copy can be tried again: once it has failed. `copyOfId` is null for an image that is no copy. */
export function refuseRetryCopy(
  image: (ImageFacts & { copyOfId: string | null }) | null,
  region: string,
): Refusal | null {
  if (!image?.isOwn) return { code: 'IMAGE_NOT_FOUND' }
  if (image.regionId !== region)
    return { code: 'REGION_MISMATCH', imageId: image.id, imageRegion: image.regionId, region }
  const isFailedCopy = image.state === 'failed' && image.copyOfId !== null
  return isFailedCopy ? null : { code: 'IMAGE_BUSY', state: image.state }
}
