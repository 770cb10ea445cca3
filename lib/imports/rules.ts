import { foldName, imageNameMax, isPlainName } from '@/lib/images/rules'
import type { Refusal } from '@/lib/result'

/** Whoever works on an import or a copy renews its lease this often … */
export const leaseRenewMs = 10_000
/** … and is taken for dead when it has not for this long: six renewals missed. */
export const leaseMs = 60_000
/** Work in the queue is put there anew after this long: its six tries take less, and a job whose worker died stays locked. */
export const queueMs = 10 * 60_000
/** An upload may be silent for this long before its place is given back: a night, and a day to come back in. */
export const uploadPatienceMs = 24 * 60 * 60 * 1000

/** What has become of so many images is asked at once. */
export const importsAskedMax = 50

export type ImportFacts = {
  image: { id: string; isOwn: boolean; regionId: string; state: string } | null
  region: string
}

/** Whether an import can be cancelled: as long as it runs, whatever it is at. */
export function refuseCancelImport({ image, region }: ImportFacts): Refusal | null {
  if (!image?.isOwn) return { code: 'IMAGE_NOT_FOUND' }
  if (image.regionId !== region)
    return { code: 'REGION_MISMATCH', imageId: image.id, imageRegion: image.regionId, region }
  return image.state === 'importing' ? null : { code: 'IMAGE_BUSY', state: image.state }
}

/** The name that an image gets of its file: without the ending, and without what a name cannot have. */
export function nameOfFile(fileName: string): string {
  const stem = fileName.normalize('NFC').replace(/\.[a-z][a-z0-9]{1,6}$/i, '')
  const plain = Array.from(stem, (letter) => (isPlainName(letter) ? letter : '-')).join('')
  const name = foldName(
    plain
      .replace(/-{2,}/g, '-')
      .replace(/^[\s-]+/, '')
      .slice(0, imageNameMax),
  )
  return isPlainName(name) ? name : 'image'
}
