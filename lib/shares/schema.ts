import { z } from 'zod'
import { splitUsernames } from '@/lib/accounts/rules'
import { recipientName } from '@/lib/accounts/schema'
import { type HeldCheck, shareReason } from '@/lib/checks/schema'
import { cursor, freeText, imageId, pageSize, regionId, searchText, shareId, text } from '@/lib/fields'
import type { ImageInstances } from '@/lib/instances/schema'
import type { PageRange } from '@/lib/pages'
import type { QuotaMeters } from '@/lib/quotas/schema'
import { noteMax, usernamesMax } from './rules'

/** Well above 20 usernames with names and addresses. */
const typedMax = 16_384

/**
 * The recipients' field: each entry may be one username or a text with several, as a form without scripts sends it.
 * Split like typed text in the field.
 */
const usernames = z
  .array(text(4096))
  .max(200, 'too-many')
  .refine((typed) => typed.reduce((sum, one) => sum + one.length, 0) <= typedMax, 'too-long')
  .transform((typed) => [...new Set(typed.flatMap(splitUsernames))])
  .pipe(z.array(recipientName).min(1, 'required').max(usernamesMax, 'too-many'))

export const shareImageInput = z.object({
  region: regionId,
  imageId,
  usernames,
  note: freeText(noteMax).default(''),
  /** Why an image with findings or without a verdict is shared all the same. */
  reason: shareReason.optional(),
})
export type ShareImageInput = z.infer<typeof shareImageInput>

export const cancelShareInput = z.object({ shareId })
export type CancelShareInput = z.infer<typeof cancelShareInput>

export const markSharesSeenInput = z.object({ shareIds: z.array(shareId).max(100, 'too-many') })
export type MarkSharesSeenInput = z.infer<typeof markSharesSeenInput>

export const imageSharesParams = z.object({ region: regionId, imageId })
export type ImageSharesParams = z.infer<typeof imageSharesParams>

/** Certain shares, or the last one through which an image was held. */
export const endedSharesParams = z.union([
  z.object({
    shareIds: text(2048)
      .transform((ids) => ids.split(','))
      .pipe(z.array(shareId).max(100, 'too-many')),
  }),
  imageSharesParams,
])
export type EndedSharesParams = z.infer<typeof endedSharesParams>

export const newSharesParams = z.object({ region: regionId })

export const sharedImageSorts = ['createdAt', '-createdAt'] as const

/** All parameters of the Shared Images list, as they are in its URL. */
export const sharedImageParams = z.object({
  region: regionId.catch(''),
  q: searchText(128).catch(''),
  os: searchText(64).optional().catch(undefined),
  sort: z.enum(sharedImageSorts).catch('-createdAt'),
  size: pageSize,
  after: cursor,
  before: cursor,
})
export type SharedImageParams = z.infer<typeof sharedImageParams>

/** One recipient of an image, as the owner sees it. `sharedBy` is the account that acted. */
export const imageShare = z.object({
  id: z.string(),
  username: z.string(),
  sharedAt: z.string(),
  sharedBy: z.string(),
  note: z.string(),
})
export type ImageShare = z.infer<typeof imageShare>

/**
 * An ended share for its owner or its former recipient. `viewer` is the side that reads it, `by` the side that ended
 * it, `other` the other side's master username.
 */
export type EndedShare = {
  shareId: string
  image: string
  viewer: 'sharer' | 'recipient'
  by: 'sharer' | 'recipient'
  other: string
  at: string
}

/** One share as the operator sees it. `reason`: why it was made although the disk had findings or no verdict. */
export type ShareRecord = {
  id: string
  imageId: string
  recipient: string
  sharedBy: string
  sharedAt: string
  reason: string | null
}

/** The share page: whom the image is shared with, and the two limits. */
export type ImageShares = {
  image: { id: string; name: string; state: string; operatingSystem: string; virtualSize: number }
  /** `instances`: how many the recipient has of the image. */
  shares: (ImageShare & { instances: number })[]
  /** Every account with instances of the image, the owner first, also former recipients. */
  usedBy: ImageInstances
  today: { used: number; resetsAt: string }
}

/** One image lent to the viewer's master account. `sharer` is a master's username, never a sub-account's. */
export type SharedImage = {
  shareId: string
  imageId: string
  name: string
  sharer: string
  operatingSystem: string
  virtualSize: number
  sharedAt: string
  isNew: boolean
  note: string
  /** The verdict on its disk, without a path or a value. */
  check: HeldCheck
}

export type SharedImageList = {
  items: SharedImage[]
  next: string | null
  prev: string | null
  range: PageRange
  operatingSystems: string[]
  /** The viewer's image quota in the region, of which every shared image takes a place. */
  quota: QuotaMeters
}
