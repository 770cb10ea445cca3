import type { Refusal } from '@/lib/result'

export const imageStates = ['importing', 'available', 'copying', 'failed', 'deleting', 'deleted'] as const
export type ImageStateName = (typeof imageStates)[number]

export const imageNameMax = 128
export const operatingSystemMax = 64
export const descriptionMax = 500
/** A failed image shows its reason for this long, then goes by itself. */
export const failedKeptMs = 7 * 24 * 60 * 60 * 1000
/** A running import renews its lease this often … */
export const leaseRenewMs = 10_000
/** … and is taken for dead when it has not for this long: six renewals missed. */
export const leaseMs = 60_000

/** States in which an image changes by itself, so that a list looks more often. */
export function isInMotion(state: ImageStateName): boolean {
  return state === 'importing' || state === 'copying' || state === 'deleting'
}

// Letters and digits of any script, spaces and . _ - ( ) +. A mark may follow a letter, but neither a variation selector
// nor an enclosing mark: those make emoji of letters.
const imageNamePattern = /^(?:[\p{L}\p{Nd} ._()+-]|(?<=[\p{L}\p{Mn}\p{Mc}])[\p{Mn}\p{Mc}])+$/u
const variationSelector = /[\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/u

/** The form in which a name is stored: composed, without surrounding space. */
export function foldName(typed: string): string {
  return typed.normalize('NFC').trim()
}

/** Whether a folded name or operating system has only characters that cannot mislead a reader. */
export function isPlainName(name: string): boolean {
  return imageNamePattern.test(name) && !variationSelector.test(name)
}

export type DeleteFacts = {
  image: { id: string; isOwn: boolean; regionId: string; state: string; name: string } | null
  region: string | null
  recipients: number
  cancelShares: boolean
  typedName: string | null
}

/** Whether an image can be deleted: rule 9, its shares are cancelled first or in the same step with the name typed. */
export function refuseDelete(facts: DeleteFacts): Refusal | null {
  const { image } = facts
  if (!image?.isOwn) return { code: 'IMAGE_NOT_FOUND' }
  if (facts.region !== null && facts.region !== image.regionId) {
    return { code: 'REGION_MISMATCH', imageId: image.id, imageRegion: image.regionId, region: facts.region }
  }
  if (image.state !== 'available' && image.state !== 'failed') return { code: 'IMAGE_BUSY', state: image.state }
  if (facts.recipients === 0) return null
  if (!facts.cancelShares) return { code: 'IMAGE_IS_SHARED', recipients: facts.recipients }
  return foldName(facts.typedName ?? '') === image.name ? null : { code: 'IMAGE_NAME_MISMATCH' }
}

/** Name and description change in every state but on the way out. */
export function refuseUpdate(
  image: { id: string; isOwn: boolean; regionId: string; state: string } | null,
  region: string,
): Refusal | null {
  if (!image?.isOwn) return { code: 'IMAGE_NOT_FOUND' }
  if (image.regionId !== region)
    return { code: 'REGION_MISMATCH', imageId: image.id, imageRegion: image.regionId, region }
  return image.state === 'deleting' || image.state === 'deleted' ? { code: 'IMAGE_BUSY', state: image.state } : null
}
