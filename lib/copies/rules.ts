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

/** Whether a copy can be cancelled: as long as it runs. */
export function refuseCancelCopy(image: ImageFacts | null, region: string): Refusal | null {
  return refuseInState(image, region, 'copying')
}

/** Whether a copy can be tried again: once it has failed. `copyOfId` is null for an image that is no copy. */
export function refuseRetryCopy(
  image: (ImageFacts & { copyOfId: string | null }) | null,
  region: string,
): Refusal | null {
  const refusal = refuseInState(image, region, 'failed')
  if (refusal || !image) return refusal
  return image.copyOfId === null ? { code: 'IMAGE_BUSY', state: image.state } : null
}

function refuseInState(image: ImageFacts | null, region: string, state: string): Refusal | null {
  if (!image?.isOwn) return { code: 'IMAGE_NOT_FOUND' }
  if (image.regionId !== region)
    return { code: 'REGION_MISMATCH', imageId: image.id, imageRegion: image.regionId, region }
  return image.state === state ? null : { code: 'IMAGE_BUSY', state: image.state }
}
