import { queryOptions } from '@tanstack/react-query'
import type { Recipient } from '@/lib/accounts/schema'
import { fetchJson, ReadError } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import { calmInterval } from '@/lib/poll'
import type { EndedShare, ImageShares, SharedImageList, SharedImageParams } from './schema'
import type { ShareList, ShareListParams } from './schema-list'

// The other side's actions appear within 10 s, even without a stream.
const refetchInterval = calmInterval

/** The recipients of an image, and the two limits. */
export function imageSharesQuery(region: string, imageId: string) {
  return queryOptions({
    queryKey: ['shares', 'image', region, imageId],
    queryFn: ({ signal }) => fetchJson<ImageShares>(paths.api.imageShares(region, imageId), signal),
    refetchInterval,
  })
}

/** Which of these shares, which disappeared from a list, have ended, and who ended them. An ended share stays ended. */
export function endedSharesQuery(shareIds: string[]) {
  return queryOptions({
    queryKey: ['ended-shares', shareIds],
    queryFn: ({ signal }) => fetchJson<EndedShare[]>(paths.api.endedShares(shareIds), signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** How the viewer's last share of an image ended; empty if there was none. */
export function lastEndedShareQuery(region: string, imageId: string) {
  return queryOptions({
    queryKey: ['ended-shares', 'image', region, imageId],
    queryFn: ({ signal }) => fetchJson<EndedShare[]>(paths.api.lastEndedShare(region, imageId), signal),
    retry: false,
  })
}

/** One page of the Shared Images tab. */
export function sharedImagesQuery(list: SharedImageParams) {
  return queryOptions({
    queryKey: ['shares', 'received', list],
    queryFn: ({ signal }) => fetchJson<SharedImageList>(paths.api.sharedImages(list), signal),
    refetchInterval,
  })
}

/** One page of the Sharing page. */
export function shareListQuery(list: ShareListParams) {
  return queryOptions({
    queryKey: ['shares', 'list', list],
    queryFn: ({ signal }) => fetchJson<ShareList>(paths.api.sharing(list), signal),
    refetchInterval,
  })
}

/** Shared images by name, id or sharer, for the palette. */
export function findSharedImagesQuery(region: string, q: string) {
  return queryOptions({
    queryKey: ['shares', 'find', region, q],
    queryFn: ({ signal }) => fetchJson<SharedImageList>(paths.api.findSharedImages(region, q), signal),
  })
}

/** The number of unseen shared images, for the tab. */
export function newSharesQuery(region: string) {
  return queryOptions({
    queryKey: ['shares', 'new', region],
    queryFn: ({ signal }) => fetchJson<{ count: number }>(paths.api.newShares(region), signal),
    refetchInterval,
  })
}

/**
 * Looks up one exact username. An answer is never refetched while it is shown, not even by a general refetch, and is cached for
 * a minute after that, because look-ups of unknown names are limited.
 */
export function recipientQuery(username: string) {
  return queryOptions({
    queryKey: ['accounts', 'recipient', username],
    queryFn: ({ signal }) => fetchJson<Recipient>(paths.api.accounts(username), signal),
    staleTime: 'static',
    gcTime: 60_000,
    retry: (failures, error) => failures < 2 && error instanceof ReadError && error.status === 503,
  })
}
