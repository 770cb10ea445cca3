import { z } from 'zod'
import { cursor, pageSize, regionId, searchText, shareId } from '@/lib/fields'
import type { PageRange } from '@/lib/pages'
import { selectedMax } from './rules'

export const shareListTabs = ['given', 'received'] as const
export type ShareListTab = (typeof shareListTabs)[number]

export const shareStates = ['PENDING', 'ACCEPTED'] as const
export type ShareState = (typeof shareStates)[number]

export const shareListSorts = ['createdAt', '-createdAt', 'expiresAt', '-expiresAt'] as const

export const shareListParams = z.object({
  region: regionId.catch(''),
  tab: z.enum(shareListTabs).catch('received'),
  q: searchText(128).catch(''),
  state: z.enum(shareStates).optional().catch(undefined),
  sort: z.enum(shareListSorts).catch('-createdAt'),
  size: pageSize,
  after: cursor,
  before: cursor,
})
export type ShareListParams = z.infer<typeof shareListParams>

/** Selected shares in the URL of a page or an export: repeated parameters, or none for the whole list. */
export const selectedShares = z
  .preprocess((given) => (given === undefined ? [] : [given].flat()), z.array(shareId).max(selectedMax))
  .transform((ids) => [...new Set(ids)])

export const shareExportParams = shareListParams.extend({
  format: z.enum(['csv', 'json']).catch('csv'),
  ids: selectedShares,
})
export type ShareExportParams = z.infer<typeof shareExportParams>

/**
 * `username`: the other side's master account. `sharedBy`: the sharer's acting account; a recipient sees the master
 * instead.
 */
export type ListedShare = {
  id: string
  /** Empty for the recipient of a pending share, who cannot open the image yet. */
  imageId: string
  image: string
  username: string
  note: string
  sharedAt: string
  until: string | null
  sharedBy: string
  state: ShareState
  /** When the recipient last created an instance of the image; null: never. */
  lastUsedAt: string | null
  instances: number
}

export type ShareList = { items: ListedShare[]; next: string | null; prev: string | null; range: PageRange }
