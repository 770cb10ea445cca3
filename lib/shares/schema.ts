import { z } from 'zod'
import { foldUsername, signInNameMax } from '@/lib/accounts/rules'
import { cursor, freeText, imageId, regionId, searchText, shareId, text } from '@/lib/fields'
import { noteMax, usernamesMax } from './rules'

const recipientName = text(256)
  .transform(foldUsername)
  .pipe(
    z
      .string()
      .min(1, 'required')
      .max(signInNameMax, 'too-long')
      .refine((name) => !/\p{Cc}/u.test(name), 'characters'),
  )

export const shareImageInput = z.object({
  region: regionId,
  imageId,
  usernames: z
    .array(recipientName)
    .max(200, 'too-many')
    .transform((names) => [...new Set(names)])
    .pipe(z.array(z.string()).min(1, 'required').max(usernamesMax, 'too-many')),
  note: freeText(noteMax).default(''),
})
export type ShareImageInput = z.infer<typeof shareImageInput>

export const cancelShareInput = z.object({ shareId })
export type CancelShareInput = z.infer<typeof cancelShareInput>

export const markSharesSeenInput = z.object({ shareIds: z.array(shareId).max(100, 'too-many') })
export type MarkSharesSeenInput = z.infer<typeof markSharesSeenInput>

export const imageSharesParams = z.object({ region: regionId, imageId })
export type ImageSharesParams = z.infer<typeof imageSharesParams>

export const newSharesParams = z.object({ region: regionId })

export const lookUpParams = z.object({ username: recipientName })
export type LookUpParams = z.infer<typeof lookUpParams>

export const sharedImageSorts = ['createdAt', '-createdAt'] as const

/** Everything the Shared Images list can be asked, as it stands in its URL. */
export const sharedImageParams = z.object({
  region: regionId.catch(''),
  q: searchText(128).catch(''),
  os: searchText(64).optional().catch(undefined),
  sort: z.enum(sharedImageSorts).catch('-createdAt'),
  after: cursor,
  before: cursor,
})
export type SharedImageParams = z.infer<typeof sharedImageParams>

/** One recipient of an image, as the owner sees it. `sharedBy` is the account that acted. */
export type ImageShare = { id: string; username: string; sharedAt: string; sharedBy: string; note: string }

/** One share as the operator sees it. */
export type ShareRecord = { id: string; imageId: string; recipient: string; sharedBy: string; sharedAt: string }

/** The share page: whom the image is shared with, and the two limits. */
export type ImageShares = {
  image: { id: string; name: string; state: string; operatingSystem: string; virtualSize: number }
  shares: ImageShare[]
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
}

export type SharedImageList = {
  items: SharedImage[]
  next: string | null
  prev: string | null
  operatingSystems: string[]
}

/** What a look-up of one exact username says. Never a list, and the display name only masked. */
export type Recipient =
  | { username: string; status: 'found'; displayName: string }
  | { username: string; status: 'unknown' | 'you' }
  | { username: string; status: 'limited'; resetsAt: string }
