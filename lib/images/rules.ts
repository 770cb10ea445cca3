import type { BootModeName } from '@/lib/disks/layout'
import type { RefusalOf } from '@/lib/result'

export const imageStates = ['importing', 'available', 'copying', 'failed', 'deleting', 'deleted'] as const
export type ImageStateName = (typeof imageStates)[number]

/**
 * The states in which each operation on an image is possible (rule 10 for `share`). Rules, rows and pages all ask this table; states
 * are compared nowhere else. `edit` is `update` as a page offers it: a failed image has nothing to describe. `bin`: the delete can be undone.
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

/** Whether an import or a copy failed. */
export function isFailed(state: string | undefined): boolean {
  return state === 'failed'
}

/** What retries a failed image; null for one that has to be made anew. */
export function retryOf({ state, source }: { state: string; source: string }): 'retryCopy' | 'retryClean' | null {
  if (!canImage('retry', state)) return null
  if (source === 'CLEAN') return 'retryClean'
  return source === 'COPY' ? 'retryCopy' : null
}

/** Whether an image is in the recycle bin. */
export function isInRecycleBin(state: string | undefined): boolean {
  return state === 'deleted'
}

/** Whether bytes of an image are on their way. */
export function isTransferring(state: string): boolean {
  return canImage('cancelImport', state) || canImage('cancelCopy', state)
}

/** CLEAN is the first step of a clean copy. */
export const importSteps = ['RECEIVE', 'CHECK', 'CONVERT', 'STORE', 'CLEAN'] as const
export type ImportStepName = (typeof importSteps)[number]

/** Why an image failed: refusals of a transfer, and codes that only a failure has. The sentences are in lib/messages. */
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

/** Whether this version of the console knows the code of a failure. */
export function isFailureCode(code: string): code is FailureCode {
  return failureCodes.some((known) => known === code)
}

/** Images that can be selected in a list and treated alike, all or none: a page of it. */
export const imagesSelectedMax = 100
export const imageNameMax = 128
export const operatingSystemMax = 64
export const descriptionMax = 500
/** Rule 34: tags of an image, and the characters of each. */
export const tagsMax = 20
export const tagKeyMax = 64
export const tagValueMax = 128
/** A failed image shows its reason for this long, and is then deleted. */
export const failedKeptMs = 7 * 24 * 60 * 60 * 1000
/** A delete that its job has not finished after this long is taken up by the sweep. */
export const removalPatienceMs = 60_000
/** The most that a minimum may say: 64 TiB of disk, 16 TiB of memory. */
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

/** States in which an image changes by itself, so that a list refetches more often. */
export function isInMotion(state: ImageStateName): boolean {
  return isTransferring(state) || state === 'deleting'
}

// Letters and digits of any script, spaces and . _ - ( ) +. A mark may follow a letter, but neither a variation selector
// nor an enclosing mark: those make emoji of letters.
const imageNamePattern = /^(?:[\p{L}\p{Nd} ._()+-]|(?<=[\p{L}\p{Mn}\p{Mc}])[\p{Mn}\p{Mc}])+$/u
// The same, and what addresses and paths are made of.
const tagPattern = /^(?:[\p{L}\p{Nd} ._()+:/@=-]|(?<=[\p{L}\p{Mn}\p{Mc}])[\p{Mn}\p{Mc}])+$/u
const variationSelector = /[\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]/u

/** The form in which a name is stored: composed, without surrounding space. */
export function foldName(typed: string): string {
  return typed.normalize('NFC').trim()
}

/** Whether a folded name or operating system has only characters that cannot mislead a reader. */
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

/** Whether an own image can be deleted: it is not protected, and by rule 9 its shares are cancelled first or in the same step with the name typed. */
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

/** Whether an own image can be restored or deleted for good from the recycle bin. */
export function refuseFromBin({ state }: { state: ImageStateName }): RefusalOf<'IMAGE_BUSY'> | null {
  return canImage('restore', state) ? null : { code: 'IMAGE_BUSY', state }
}

/** In whole GiB; null until the size of the disk, in bytes, is known. */
export function leastDiskGib(virtualSize: number): number | null {
  return virtualSize > 0 ? Math.ceil(virtualSize / 1024 ** 3) : null
}

/** Whether a minimum is one: a machine's disk cannot be smaller than the disk that is written to it. */
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

/** The boot mode and minimum disk that the owner has set meanwhile, else as read from the disk. */
export function needsOf(said: Needs, disk: { bootMode: BootModeName | null; virtualSize: number }): Needs {
  const least = Math.max(said.minDiskGib ?? 0, leastDiskGib(disk.virtualSize) ?? 0)
  return { bootMode: said.bootMode ?? disk.bootMode, minDiskGib: least || null }
}

/** "Debian 12 (bookworm)" for "Debian GNU/Linux 12 (bookworm)". Null if nothing of it is usable. */
export function suggestedOperatingSystem(guest: string | null): string | null {
  const plain = foldName(guest ?? '')
    .replace(/\bGNU\/Linux\b/g, ' ')
    .replace(/[^\p{L}\p{Nd} ._()+-]/gu, ' ')
    .replace(/ +/g, ' ')
  const name = [...plain].slice(0, operatingSystemMax).join('').trim()
  return /[\p{L}\p{Nd}]/u.test(name) ? name : null
}

/** Whether an own image can be protected from being deleted, or unprotected. */
export function refuseProtect({ state }: { state: ImageStateName }): RefusalOf<'IMAGE_BUSY'> | null {
  return canImage('protect', state) ? null : { code: 'IMAGE_BUSY', state }
}

/**
 * Rule 32: an available image can be deprecated. Its replacement, if it names one, is another own image of the region that can be used;
 * `undefined` is one that there is not.
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

/** Rule 32: whether the day has passed until which instances can be created from a deprecated image. */
export function isRetired(retiresAt: Date | null, now: Date): boolean {
  return retiresAt !== null && retiresAt <= now
}

/** Rule 32: no instance is created from a retired image, whoever asks. What was created before stays, and can be rebuilt. */
export function refuseRetired({ retiresAt }: { retiresAt: Date | null }, now: Date): RefusalOf<'IMAGE_RETIRED'> | null {
  return retiresAt && isRetired(retiresAt, now) ? { code: 'IMAGE_RETIRED', retiredAt: retiresAt.toISOString() } : null
}

/** The last calendar day, as YYYY-MM-DD, before a moment at which a day of the time zone begins. */
export function lastDayBefore(moment: Date, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(new Date(moment.getTime() - 1))
}

export type Tag = { key: string; value: string }

/** A tag as it is typed and shown. */
export function tagText({ key, value }: Tag): string {
  return `${key}=${value}`
}

/** Rule 34: whether a tag has only characters that cannot mislead a reader. */
export function isPlainTag({ key, value }: Tag): boolean {
  return [key, value].every((text) => text === '' || (tagPattern.test(text) && !variationSelector.test(text)))
}

/**
 * Rule 34: the tags of an image after a form that showed some and asks for others. It changes what was changed in it, so that tags
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

/** Rule 34: whether an image, which can be edited, can have these tags. Names the keys that others have added, which no form shows. */
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

/** An owner can edit an image in every state but `deleting` and `deleted`. */
export function refuseUpdate({ state }: { state: ImageStateName }): RefusalOf<'IMAGE_BUSY'> | null {
  return canImage('update', state) ? null : { code: 'IMAGE_BUSY', state }
}
