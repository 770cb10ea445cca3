import type { BootModeName } from '@/lib/disks/layout'
import type { RefusalOf } from '@/lib/result'

export const imageStates = ['importing', 'available', 'copying', 'failed', 'deleting', 'deleted'] as const
export type ImageStateName = (typeof imageStates)[number]

/**
 * The states in which each operation on an image is possible (rule 10 for `share`). Rules, rows and pages all use this table; states
 * are compared nowhere else. `edit`: `update` as pages offer it, because a failed image has nothing to edit. `bin`: a delete can be undone.
 */
export const imageCan = {
  share: ['available'],
  copy: ['available'],
  download: ['available'],
  createInstance: ['available'],
  update: ['importing', 'available', 'copying', 'failed'],
  edit: ['importing', 'available', 'copying'],
  protect: ['available'],
  deprecate: ['available'],
  delete: ['available', 'failed'],
  bin: ['available'],
  retry: ['failed'],
  cancelImport: ['importing'],
  cancelCopy: ['copying'],
  restore: ['deleted'],
  purge: ['deleted'],
} as const satisfies Record<string, readonly ImageStateName[]>
export type ImageOperation = keyof typeof imageCan

/** Whether an image in this state can be shared, copied, deleted and so on. */
export function canImage(operation: ImageOperation, state: string | undefined): boolean {
  return imageCan[operation].some((one) => one === state)
}

/** Whether an image can be used. */
export function isAvailable(state: string | undefined): boolean {
  return state === 'available'
}

/** Whether an image has failed. */
export function isFailed(state: string | undefined): boolean {
  return state === 'failed'
}

/** The operation that retries a failed image; null if it must be imported again. */
export function retryOf({ state, source }: { state: string; source: string }): 'retryCopy' | 'retryClean' | null {
  if (!canImage('retry', state)) return null
  if (source === 'CLEAN') return 'retryClean'
  return source === 'COPY' ? 'retryCopy' : null
}

/** Whether an image is in the recycle bin. */
export function isInRecycleBin(state: string | undefined): boolean {
  return state === 'deleted'
}

/** Whether the image's bytes are being transferred. */
export function isTransferring(state: string): boolean {
  return canImage('cancelImport', state) || canImage('cancelCopy', state)
}

/** CLEAN is the first step of a clean copy. */
export const importSteps = ['RECEIVE', 'CHECK', 'CONVERT', 'STORE', 'CLEAN'] as const
export type ImportStepName = (typeof importSteps)[number]

/** Why an image failed: refusals of a transfer, and codes of failures alone. The sentences are in lib/messages. */
export const failureCodes = [
  'IMPORT_INTERRUPTED',
  'IMPORT_FAULT',
  'COPY_FAULT',
  'CLEAN_FAULT',
  'CLEAN_REFUSED',
  'DISK_REFUSED',
  'IMAGE_TOO_LARGE',
  'CHECKSUM_MISMATCH',
  'COPY_SOURCE_GONE',
  'COPY_SOURCE_DAMAGED',
  'STORE_UNREACHABLE',
  'STORE_REFUSED',
  'STORE_FULL',
  'BYTES_QUOTA_FULL',
  'SIGNED_OUT',
] as const
export type FailureCode = (typeof failureCodes)[number]

/** Whether this version of the console knows a failure's code. */
export function isFailureCode(code: string): code is FailureCode {
  return failureCodes.some((known) => known === code)
}

/** The most images that can be selected together: one page of a list. */
export const imagesSelectedMax = 100
export const imageNameMax = 128
export const operatingSystemMax = 64
export const descriptionMax = 500
/** Rule 34: the most tags of an image, and the most characters of a key and a value. */
export const tagsMax = 20
export const tagKeyMax = 64
export const tagValueMax = 128
/** How long a failed image is kept, with its reason, before it is deleted. */
export const failedKeptMs = 7 * 24 * 60 * 60 * 1000
/** The sweep resumes a delete that its job has not finished after this time. */
export const removalPatienceMs = 60_000
/** The largest possible minimums: 64 TiB of disk, 16 TiB of memory. */
export const minDiskGibMax = 65_536
export const minMemoryMibMax = 16_777_216
const dayMs = 24 * 60 * 60 * 1000

/** Rule 18: when an image in the recycle bin is removed for good. */
export function purgedAt(deletedAt: Date, recycleDays: number): Date {
  return new Date(deletedAt.getTime() + recycleDays * dayMs)
}

/** In whole percent; null if the total is unknown. */
export function percentDone({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }): number | null {
  return totalBytes > 0 ? Math.min(100, Math.floor((doneBytes / totalBytes) * 100)) : null
}

/** Whether an image in this state changes by itself, so that lists refetch more often. */
export function isInMotion(state: ImageStateName): boolean {
  return isTransferring(state) || state === 'deleting'
}

// Letters and digits of any script, spaces and . _ - ( ) +. A mark may follow a letter, but neither a variation selector
// nor an enclosing mark: those turn letters into emoji.
const imageNamePattern = /^(?:[\p{L}\p{Nd} ._()+-]|(?<=[\p{L}\p{Mn}\p{Mc}])[\p{Mn}\p{Mc}])+$/u
// The same, and the characters of URLs and paths.
const tagPattern = /^(?:[\p{L}\p{Nd} ._()+:/@=-]|(?<=[\p{L}\p{Mn}\p{Mc}])[\p{Mn}\p{Mc}])+$/u
const variationSelector = /[\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/u

/** The form in which a name is stored: composed, without surrounding space. */
export function foldName(typed: string): string {
  return typed.normalize('NFC').trim()
}

/** Whether a folded name or operating system has no characters that could mislead a reader. */
export function isPlainName(name: string): boolean {
  return imageNamePattern.test(name) && !variationSelector.test(name)
}

/**
 * The account's own spelling if only case, spaces, hyphens or underscores differ: two spellings would be two filters.
 */
export function asKnown(typed: string, known: string[]): string {
  const folded = foldName(typed)
  const key = (name: string) => name.toLowerCase().replace(/[ _-]/g, '')
  return known.find((name) => name === folded) ?? known.find((name) => key(name) === key(folded)) ?? folded
}

export type DeleteFacts = {
  image: { name: string; state: ImageStateName; isProtected: boolean }
  recipients: number
  isBeingCopied: boolean
  cancelShares: boolean
  typedName: string | null
}

/** Refuses to delete a protected image and, by rule 9, a shared one unless its shares end in the same step with the name typed. */
export function refuseDelete(
  facts: DeleteFacts,
): RefusalOf<'IMAGE_BUSY' | 'IMAGE_PROTECTED' | 'IMAGE_IS_SHARED' | 'IMAGE_NAME_MISMATCH'> | null {
  const { image } = facts
  if (!canImage('delete', image.state)) return { code: 'IMAGE_BUSY', state: image.state }
  if (image.isProtected) return { code: 'IMAGE_PROTECTED' }
  if (facts.isBeingCopied) return { code: 'IMAGE_BUSY', state: 'read' }
  if (facts.recipients === 0) return null
  if (!facts.cancelShares) return { code: 'IMAGE_IS_SHARED', recipients: facts.recipients }
  return foldName(facts.typedName ?? '') === image.name ? null : { code: 'IMAGE_NAME_MISMATCH' }
}

/** Refuses to restore or remove an image that is not in the recycle bin. */
export function refuseFromBin({ state }: { state: ImageStateName }): RefusalOf<'IMAGE_BUSY'> | null {
  return canImage('restore', state) ? null : { code: 'IMAGE_BUSY', state }
}

/** The smallest disk in whole GiB; null until the disk's size in bytes is known. */
export function leastDiskGib(virtualSize: number): number | null {
  return virtualSize > 0 ? Math.ceil(virtualSize / 1024 ** 3) : null
}

/** Refuses a minimum disk that is smaller than the image's disk, which must fit on it. */
export function refuseMinDisk({
  minDiskGib,
  virtualSize,
}: {
  minDiskGib: number
  virtualSize: number
}): RefusalOf<'MIN_DISK_BELOW_SIZE'> | null {
  const least = leastDiskGib(virtualSize) ?? 0
  return minDiskGib < least ? { code: 'MIN_DISK_BELOW_SIZE', least } : null
}

type Needs = { bootMode: BootModeName | null; minDiskGib: number | null }

/** Boot mode and minimum disk: as the owner has set them in the meantime, else as read from the disk. */
export function needsOf(said: Needs, disk: { bootMode: BootModeName | null; virtualSize: number }): Needs {
  const least = Math.max(said.minDiskGib ?? 0, leastDiskGib(disk.virtualSize) ?? 0)
  return { bootMode: said.bootMode ?? disk.bootMode, minDiskGib: least || null }
}

/** "Debian 12 (bookworm)" for "Debian GNU/Linux 12 (bookworm)". Null if no letter or digit remains. */
export function suggestedOperatingSystem(guest: string | null): string | null {
  const plain = foldName(guest ?? '')
    .replace(/\bGNU\/Linux\b/g, ' ')
    .replace(/[^\p{L}\p{Nd} ._()+-]/gu, ' ')
    .replace(/ +/g, ' ')
  const name = [...plain].slice(0, operatingSystemMax).join('').trim()
  return /[\p{L}\p{Nd}]/u.test(name) ? name : null
}

/** Refuses to protect or unprotect an image in a state without this operation. */
export function refuseProtect({ state }: { state: ImageStateName }): RefusalOf<'IMAGE_BUSY'> | null {
  return canImage('protect', state) ? null : { code: 'IMAGE_BUSY', state }
}

/**
 * Rule 32: only an available image can be deprecated. Its replacement, if any, must be another usable own image in the region;
 * `undefined`: not found.
 */
export function refuseDeprecate(
  image: { id: string; regionId: string; state: ImageStateName },
  replacement: { id: string; regionId: string; state: ImageStateName } | null | undefined,
): RefusalOf<'IMAGE_BUSY' | 'REPLACEMENT_NOT_FOUND'> | null {
  if (!canImage('deprecate', image.state)) return { code: 'IMAGE_BUSY', state: image.state }
  if (replacement === null) return null
  const isGood =
    replacement !== undefined &&
    replacement.id !== image.id &&
    replacement.regionId === image.regionId &&
    canImage('createInstance', replacement.state)
  return isGood ? null : { code: 'REPLACEMENT_NOT_FOUND' }
}

/** Rule 32: whether the last day on which instances can be created from a deprecated image has passed. */
export function isRetired(retiresAt: Date | null, now: Date): boolean {
  return retiresAt !== null && retiresAt <= now
}

/** Rule 32: nobody can create instances from a retired image. Existing ones stay, and can be rebuilt. */
export function refuseRetired({ retiresAt }: { retiresAt: Date | null }, now: Date): RefusalOf<'IMAGE_RETIRED'> | null {
  return retiresAt && isRetired(retiresAt, now) ? { code: 'IMAGE_RETIRED', retiredAt: retiresAt.toISOString() } : null
}

/** The last calendar day, as YYYY-MM-DD, that ends at or before a moment in the time zone. */
export function lastDayBefore(moment: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(new Date(moment.getTime() - 1))
}

export type Tag = { key: string; value: string }

/** A tag as it is typed and shown. */
export function tagText({ key, value }: Tag): string {
  return `${key}=${value}`
}

/** Rule 34: whether a tag has no characters that could mislead a reader. */
export function isPlainTag({ key, value }: Tag): boolean {
  return [key, value].every((text) => text === '' || (tagPattern.test(text) && !variationSelector.test(text)))
}

/**
 * Rule 34: an image's tags after a form that showed some and asks for others. Only the form's changes are applied, so that tags
 * which others have set meanwhile stay.
 */
export function mergeTags(current: Tag[], { shown, asked }: { shown: Tag[]; asked: Tag[] }): Tag[] {
  const [was, is] = [valuesOf(shown), valuesOf(asked)]
  const changed = asked.filter(({ key, value }) => was.get(key) !== value)
  const isKept = ({ key }: Tag) => (was.has(key) ? is.get(key) === was.get(key) : !is.has(key))
  return [...current.filter(isKept), ...changed]
}

function valuesOf(tags: Tag[]): Map<string, string> {
  return new Map(tags.map(({ key, value }) => [key, value]))
}

/** The order in which tags are shown. */
export function byKey(one: Tag, other: Tag): number {
  return one.key < other.key ? -1 : 1
}

/** Rule 34: refuses too many tags, and names the keys that others have added, which the form does not show. */
export function refuseTags(
  image: { state: ImageStateName },
  after: Tag[],
  { shown, asked }: { shown: Tag[]; asked: Tag[] },
): RefusalOf<'IMAGE_BUSY' | 'IMAGE_TAGS_FULL'> | null {
  const busy = refuseUpdate(image)
  if (busy || after.length <= tagsMax) return busy
  const known = valuesOf([...shown, ...asked])
  const added = after.filter(({ key }) => !known.has(key)).sort(byKey)
  const keys = added.map(({ key }) => key).join(', ')
  return { code: 'IMAGE_TAGS_FULL', max: tagsMax, tags: after.length, added: added.length, keys }
}

/** Refuses to edit an image in the states `deleting` and `deleted`. */
export function refuseUpdate({ state }: { state: ImageStateName }): RefusalOf<'IMAGE_BUSY'> | null {
  return canImage('update', state) ? null : { code: 'IMAGE_BUSY', state }
}
