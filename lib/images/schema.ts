import { z } from 'zod'
import { cursor, freeText, imageId, regionId, requiredText, searchText, text } from '@/lib/fields'
import {
  descriptionMax,
  foldName,
  type ImageStateName,
  imageNameMax,
  imageStates,
  isPlainName,
  operatingSystemMax,
} from './rules'

export const imageName = requiredText(imageNameMax, foldName, isPlainName)
export const operatingSystem = requiredText(operatingSystemMax, foldName, isPlainName)

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

/** Everything the Custom Images list can be asked, as it stands in its URL. */
export const customImageParams = z.object({
  region: regionId.catch(''),
  q: searchText(128).catch(''),
  state: z.enum(imageStates).optional().catch(undefined),
  os: searchText(operatingSystemMax).optional().catch(undefined),
  sort: z.enum(imageSorts).catch('-createdAt'),
  after: cursor,
  before: cursor,
})
export type CustomImageParams = z.infer<typeof customImageParams>

export const imageParams = z.object({ region: regionId, imageId })

export const updateImageInput = z.object({
  region: regionId,
  imageId,
  name: imageName,
  description: freeText(descriptionMax),
})
export type UpdateImageInput = z.infer<typeof updateImageInput>

export const deleteImageInput = z.object({
  region: regionId,
  imageId,
  cancelShares: z.boolean(),
  typedName: text(4 * imageNameMax).nullable(),
})
export type DeleteImageInput = z.infer<typeof deleteImageInput>

export const importImageInput = z.object({ region: regionId, name: imageName, operatingSystem })
export type ImportImageInput = z.infer<typeof importImageInput>

/** Why an image failed: a refusal's code with its facts. */
export const imageFailure = z.object({
  code: z.string(),
  reason: z.string().optional(),
  facts: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
})
export type ImageFailure = z.infer<typeof imageFailure>

/** One row of the Custom Images list. Sizes in bytes, times as ISO 8601. */
export type CustomImage = {
  id: string
  name: string
  operatingSystem: string
  virtualSize: number
  size: number
  state: ImageStateName
  failure: ImageFailure | null
  recipients: number
  createdAt: string
}

export type CustomImageList = {
  items: CustomImage[]
  next: string | null
  prev: string | null
  operatingSystems: string[]
  quota: { used: number; quota: number }
}

export type ImageEvent = {
  id: string
  at: string
  action: string
  actor: string
  recipient: string | null
  details: Record<string, string | number>
}

/** An image as the operator sees it. Sizes in bytes; format and checksum are null until the disk has arrived. */
export type ImageRecord = {
  id: string
  name: string
  state: ImageStateName
  region: string
  owner: string
  format: 'qcow2' | 'raw' | null
  virtualSize: number
  size: number
  sha256: string | null
  os: string
  createdAt: string
}

type ImageFields = {
  id: string
  name: string
  operatingSystem: string
  architecture: string
  virtualSize: number
  size: number
  regionId: string
}

/** An image as its owner sees it. */
export type OwnImage = ImageFields & {
  view: 'owner'
  description: string
  bootMode: 'BIOS' | 'UEFI'
  minDiskGib: number
  minMemoryMib: number
  format: 'qcow2' | 'raw' | null
  sha256: string | null
  source: 'IMPORT' | 'COPY' | 'INSTANCE'
  state: ImageStateName
  failure: ImageFailure | null
  createdAt: string
  recipients: { shareId: string; username: string; sharedAt: string }[]
  events: ImageEvent[]
}

/** The same image as a recipient sees it: no other recipient, no checksum, nothing to download. */
export type HeldImage = ImageFields & {
  view: 'recipient'
  shareId: string
  sharer: string
  sharedAt: string
  note: string
  events: ImageEvent[]
}

/** The owner asked for it under another region's URL (rule 6). */
export type ImageElsewhere = {
  view: 'elsewhere'
  id: string
  name: string
  imageRegion: string
  imageRegionName: string
}

export type ImageDetails = OwnImage | HeldImage | ImageElsewhere
