import { z } from 'zod'
import { splitUsernames } from '@/lib/accounts/rules'
import { recipientName } from '@/lib/accounts/schema'
import { type HeldCheck, shareReason } from '@/lib/checks/schema'
import { cursor, freeText, imageId, pageSize, regionId, searchText, shareId, text } from '@/lib/fields'
import { selectedImages } from '@/lib/images/schema'
import type { ImageInstances } from '@/lib/instances/schema'
import type { PageRange } from '@/lib/pages'
import type { QuotaMeters } from '@/lib/quotas/schema'
import { dailySharesMax, type EndPolicy, noteMax, selectedMax, type Until, untilChoices, usernamesMax } from './rules'

/** Much longer than 20 usernames with names and addresses. */
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

/** The fields of an end: a choice, and the day for the choice "date". An empty field is none. */
const untilFields = {
  until: z.enum(untilChoices, 'invalid').optional(),
  untilDate: z.union([z.iso.date('invalid'), z.literal('').transform(() => undefined)], 'invalid').optional(),
}

/** The end that the fields ask for; empty fields mean the operator's default. */
export function untilOf({ until = 'default', untilDate }: { until?: Until['until']; untilDate?: string }): Until {
  return { until, untilDate: untilDate ?? null }
}

/** The choice "date" needs a day. */
const hasDate: [(typed: Partial<Record<'until' | 'untilDate', string>>) => boolean, { path: string[]; error: string }] =
  [({ until, untilDate }) => until !== 'date' || untilDate !== undefined, { path: ['untilDate'], error: 'required' }]

const shareFields = {
  region: regionId,
  usernames,
  note: freeText(noteMax).default(''),
  /** Why an image with findings or without a verdict is shared anyway. */
  reason: shareReason.optional(),
  ...untilFields,
}

export const shareImageInput = z.object({ imageId, ...shareFields }).refine(...hasDate)
export type ShareImageInput = z.infer<typeof shareImageInput>

/** Several images with the same recipients. A repeated id counts once. At most as many as a day allows shares. */
export const shareImagesInput = z
  .object({ imageIds: selectedImages, ...shareFields })
  .refine(...hasDate)
  .refine(({ imageIds, usernames }) => imageIds.length * usernames.length <= dailySharesMax, {
    path: ['usernames'],
    error: 'too-many',
  })
export type ShareImagesInput = z.infer<typeof shareImagesInput>

/** One share: to cancel, accept or decline it. */
export const shareInput = z.object({ shareId })
export type ShareInput = z.infer<typeof shareInput>

/** Shares selected in a list. A repeated id counts once. */
const shareIds = z
  .array(shareId)
  .min(1, 'required')
  .max(selectedMax, 'too-many')
  .transform((ids) => [...new Set(ids)])

export const cancelSharesInput = z.object({ shareIds })
export type CancelSharesInput = z.infer<typeof cancelSharesInput>

export const extendSharesInput = z.object({ shareIds, ...untilFields }).refine(...hasDate)
export type ExtendSharesInput = z.infer<typeof extendSharesInput>

export const markSharesSeenInput = z.object({ shareIds: z.array(shareId).max(100, 'too-many') })
export type MarkSharesSeenInput = z.infer<typeof markSharesSeenInput>

export const imageSharesParams = z.object({ region: regionId, imageId })
export type ImageSharesParams = z.infer<typeof imageSharesParams>

/** Some shares, or the last one through which an image was held. */
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

/** The URL parameters of the Shared Images list. */
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

/** One recipient of an image, as the owner sees it. `sharedBy`: the acting account. */
export const imageShare = z.object({
  id: z.string(),
  username: z.string(),
  sharedAt: z.string(),
  sharedBy: z.string(),
  note: z.string(),
  // Answers stored by an older version lack these; their shares were accepted and had no end.
  status: z.enum(['PENDING', 'ACCEPTED']).catch('ACCEPTED'),
  until: z.string().nullable().catch(null),
})
export type ImageShare = z.infer<typeof imageShare>

/**
 * An ended share for its owner or its former recipient. `viewer`: the reader's side. `how`: cancelled by one side,
 * declined, expired at its date, or unanswered for 30 days. `other`: the other side's master username.
 */
export type EndedShare = {
  shareId: string
  image: string
  viewer: 'sharer' | 'recipient'
  how: 'sharer' | 'recipient' | 'declined' | 'expired' | 'unanswered'
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
  status: 'PENDING' | 'ACCEPTED'
  until: string | null
  reason: string | null
}

/** The share page: the recipients of an image, and the two limits. */
export type ImageShares = {
  image: { id: string; name: string; state: string; operatingSystem: string; virtualSize: number }
  /** `instances`: the recipient's number of them. `lastUsedAt`: when it last created one; null: never. */
  shares: (ImageShare & { instances: number; lastUsedAt: string | null })[]
  /** Every account with instances of the image, the owner first, former recipients included. */
  usedBy: ImageInstances
  today: { used: number; resetsAt: string }
  /** The operator's settings for the end of shares. */
  ends: EndPolicy
}

/** One image shared with the viewer's master account. `sharer`: a master's username, never a sub-account's. */
export type SharedImage = {
  shareId: string
  /** Null while the share is pending: then only name, operating system, size, sharer and note are shown. */
  imageId: string | null
  status: 'PENDING' | 'ACCEPTED'
  until: string | null
  /** When a pending share expires unanswered. */
  answerBy: string | null
  name: string
  sharer: string
  operatingSystem: string
  virtualSize: number
  sharedAt: string
  isNew: boolean
  /** Always false while the share is pending. */
  isDeprecated: boolean
  note: string
  /** The verdict on its disk, without paths or values. Null while the share is pending. */
  check: HeldCheck | null
}

export type SharedImageList = {
  items: SharedImage[]
  next: string | null
  prev: string | null
  range: PageRange
  operatingSystems: string[]
  /** The viewer's quota in the region, of which every shared image takes a place. */
  quota: QuotaMeters
}
