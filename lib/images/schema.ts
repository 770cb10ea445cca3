import { z } from 'zod'
import type { DiskFormatName } from '@/lib/blobs/rules'
import { type BootModeName, bootModes, type DiskLayout } from '@/lib/disks/layout'
import type { EventPage } from '@/lib/events/schema'
import {
  amount,
  choice,
  cursor,
  eventBefore,
  flag,
  freeText,
  imageId,
  pageSize,
  regionId,
  requiredText,
  searchText,
  text,
} from '@/lib/fields'
import type { PageRange } from '@/lib/pages'
import type { QuotaMeters } from '@/lib/quotas/schema'
import {
  descriptionMax,
  type FailureCode,
  foldName,
  type ImageStateName,
  type ImportStepName,
  imageNameMax,
  imageStates,
  imagesSelectedMax,
  isFailureCode,
  isPlainName,
  minDiskGibMax,
  minMemoryMibMax,
  operatingSystemMax,
  type Tag,
} from './rules'
import { tagFilter } from './schema-tags'

export const imageName = requiredText(imageNameMax, foldName, isPlainName)
export const operatingSystem = requiredText(operatingSystemMax, foldName, isPlainName)

/** Images selected in a list. A repeated id counts once. */
export const selectedImages = z
  .array(imageId)
  .min(1, 'required')
  .max(imagesSelectedMax, 'too-many')
  .transform((ids) => [...new Set(ids)])

/** The same in a URL: one, several or none. */
export const selectedImagesParam = z.preprocess((given) => (given === undefined ? [] : [given].flat()), selectedImages)

export const imageSorts = [
  'name',
  '-name',
  'operatingSystem',
  '-operatingSystem',
  'virtualSize',
  '-virtualSize',
  'createdAt',
  '-createdAt',
] as const
export type ImageSort = (typeof imageSorts)[number]

export const customImageParams = z.object({
  region: regionId.catch(''),
  q: searchText(128).catch(''),
  state: z.enum(imageStates).optional().catch(undefined),
  os: searchText(operatingSystemMax).optional().catch(undefined),
  tag: tagFilter,
  sort: z.enum(imageSorts).catch('-createdAt'),
  size: pageSize,
  after: cursor,
  before: cursor,
})
export type CustomImageParams = z.infer<typeof customImageParams>

export const imageParams = z.object({ region: regionId, imageId })

export const imagePageParams = imageParams.extend({
  before: eventBefore,
})
export type ImagePageParams = z.infer<typeof imagePageParams>

/** Missing fields stay as they are; an empty boot mode or minimum means unknown. */
export const updateImageInput = z.object({
  region: regionId,
  imageId,
  name: imageName,
  description: freeText(descriptionMax),
  operatingSystem: operatingSystem.optional(),
  bootMode: choice(bootModes).optional(),
  minDiskGib: amount(minDiskGibMax).optional(),
  minMemoryMib: amount(minMemoryMibMax).optional(),
})
export type UpdateImageInput = z.infer<typeof updateImageInput>

export const deleteImageInput = z.object({
  region: regionId,
  imageId,
  cancelShares: flag.default(false),
  typedName: text(4 * imageNameMax)
    .nullable()
    .default(null),
})
export type DeleteImageInput = z.infer<typeof deleteImageInput>

export const deleteImagesInput = z.object({ region: regionId, imageIds: selectedImages })
export type DeleteImagesInput = z.infer<typeof deleteImagesInput>

export const ownImageInput = z.object({ region: regionId, imageId })
export type OwnImageInput = z.infer<typeof ownImageInput>

const none = z.literal('').transform(() => null)

/** Without a day instances are never refused; without a replacement none is named. */
export const deprecateImageInput = z.object({
  region: regionId,
  imageId,
  replacementId: z.union([imageId, none], 'invalid').nullable().default(null),
  retiresOn: z
    // Dates far from today are typing errors, and PostgreSQL does not know all of them.
    .union([z.iso.date('invalid').regex(/^2/, 'invalid'), none], 'invalid')
    .nullable()
    .default(null),
})
export type DeprecateImageInput = z.infer<typeof deprecateImageInput>

export const recycleBinInput = z.object({
  region: regionId,
  deletedUntil: z.iso.datetime('invalid').pipe(z.coerce.date()),
})
export type RecycleBinInput = z.infer<typeof recycleBinInput>

const facts = z.record(z.string(), z.union([z.string(), z.number()])).optional()

/** A stored failure: a code with its facts. */
export type ImageFailure = { code: FailureCode; reason?: string | undefined; facts?: z.infer<typeof facts> }

/** A code of another version of the console becomes UNKNOWN, and is kept in the facts. */
export type ReadFailure = Omit<ImageFailure, 'code'> & { code: FailureCode | 'UNKNOWN' }
export const imageFailure = z
  .object({ code: z.string(), reason: z.string().optional(), facts })
  .transform(
    ({ code, ...rest }): ReadFailure =>
      isFailureCode(code) ? { code, ...rest } : { ...rest, code: 'UNKNOWN', facts: { ...rest.facts, code } },
  )

/** The instance that an image was made from, and that instance's image, with the names of that time. */
export const madeFrom = z.object({
  instanceId: z.string(),
  instanceName: z.string(),
  imageId: z.string(),
  imageName: z.string(),
  imageOwner: z.string(),
})
export type MadeFrom = z.infer<typeof madeFrom>

export type ImageSourceName = 'IMPORT' | 'COPY' | 'INSTANCE' | 'CLEAN'

/** Sizes in bytes, times as ISO 8601. */
export type CustomImage = {
  id: string
  name: string
  operatingSystem: string
  virtualSize: number
  size: number
  state: ImageStateName
  failure: ReadFailure | null
  recipients: number
  step: ImportStepName | null
  doneBytes: number
  totalBytes: number
  source: ImageSourceName
  isProtected: boolean
  isDeprecated: boolean
  tags: Tag[]
  /** The verdict of the disk's check, and how many findings the owner has not ignored. */
  verdict: 'running' | 'clean' | 'findings' | 'unchecked' | 'failed' | null
  findings: number
  createdAt: string
  deletedAt: string | null
  purgedAt: string | null
}

/** An own image selected in a list. */
export type SelectedImage = Pick<CustomImage, 'id' | 'name' | 'state' | 'recipients' | 'verdict' | 'findings'>

export type RecycleBin = {
  binned: number
  /** When the newest of them was deleted; null if there are none. */
  binnedUntil: string | null
  /** How many days a deleted image can be restored; 0 without a recycle bin. */
  recycleDays: number
}

export type CustomImageList = RecycleBin & {
  items: CustomImage[]
  next: string | null
  prev: string | null
  range: PageRange
  operatingSystems: string[]
  /** The choices of the tag filter: keys, and keys with a value. */
  tags: string[]
  quota: QuotaMeters
}

/** Sizes in bytes; format and checksum are null until the disk has arrived. */
export type ImageRecord = {
  id: string
  name: string
  state: ImageStateName
  region: string
  owner: string
  format: DiskFormatName | null
  virtualSize: number
  size: number
  sha256: string | null
  os: string
  tags: Tag[]
  createdAt: string
}

/**
 * A deprecation as its readers see it. `retiresAt`: from when no instance is created from the image; null: never. The replacement
 * has an id for readers who can open it.
 */
export type Deprecation = {
  since: string
  retiresAt: string | null
  isRetired: boolean
  replacement: { id: string | null; name: string } | null
}

type ImageFields = {
  id: string
  name: string
  operatingSystem: string
  architecture: string
  virtualSize: number
  size: number
  regionId: string
  deprecation: Deprecation | null
}

export type OwnImage = ImageFields & {
  view: 'owner'
  description: string
  /** Machine requirements; null if unknown. */
  bootMode: BootModeName | null
  minDiskGib: number | null
  minMemoryMib: number | null
  format: DiskFormatName | null
  sha256: string | null
  isNormalised: boolean
  isProtected: boolean
  tags: Tag[]
  origin: { name: string | null; format: DiskFormatName | null; size: number | null; sha256: string | null }
  source: ImageSourceName
  copyOf: { id: string; region: string } | null
  madeFrom: MadeFrom | null
  state: ImageStateName
  step: ImportStepName | null
  doneBytes: number
  totalBytes: number
  purgedAt: string | null
  recycleDays: number
  layout: DiskLayout | null
  failure: ReadFailure | null
  createdAt: string
  recipients: { shareId: string; username: string; sharedAt: string; isPending: boolean; until: string | null }[]
  events: EventPage
}

/** The same image as a recipient sees it: no other recipients, no checksum, no download. */
export type HeldImage = ImageFields & {
  view: 'recipient'
  shareId: string
  sharer: string
  sharedAt: string
  until: string | null
  note: string
  events: EventPage
}

/** The owner opened it under another region's URL (rule 6). */
export type ImageElsewhere = {
  view: 'elsewhere'
  id: string
  name: string
  imageRegion: string
}

export type ImageDetails = OwnImage | HeldImage | ImageElsewhere

/** Null if there is none, or if the stored value is invalid. */
export function readFailure(stored: unknown): ReadFailure | null {
  return imageFailure.nullable().catch(null).parse(stored)
}
