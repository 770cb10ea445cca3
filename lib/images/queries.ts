import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import { calmInterval } from '@/lib/poll'
import { isInMotion } from './rules'
import type { CustomImageList, CustomImageParams, ImageDetails } from './schema'

const busyMs = 2_000

/** One page of the Custom Images list. Refetched every 8 s, and every 2 s while an image changes by itself. */
export function customImagesQuery(list: CustomImageParams) {
  return queryOptions({
    queryKey: ['images', 'custom', list],
    queryFn: ({ signal }) => fetchJson<CustomImageList>(paths.api.images(list), signal),
    refetchInterval: (query) =>
      query.state.data?.items.some((image) => isInMotion(image.state)) ? busyMs : calmInterval(),
  })
}

export function imageQuery(region: string, imageId: string, before?: string) {
  return queryOptions({
    queryKey: ['images', 'one', region, imageId, before],
    queryFn: ({ signal }) => fetchJson<ImageDetails>(paths.api.image(region, imageId, before), signal),
    refetchInterval: (query) => {
      const image = query.state.data
      return image?.view === 'owner' && isInMotion(image.state) ? busyMs : calmInterval()
    },
  })
}

export function findImagesQuery(region: string, q: string) {
  return queryOptions({
    queryKey: ['images', 'find', region, q],
    queryFn: ({ signal }) => fetchJson<CustomImageList>(paths.api.findImages(region, q), signal),
  })
}

/** The number of instances per account from images in the recycle bin. */
export function binInstancesQuery(region: string) {
  return queryOptions({
    queryKey: ['instances', 'bin', region],
    queryFn: ({ signal }) =>
      fetchJson<{ username: string; instances: number }[]>(paths.api.binInstances(region), signal),
  })
}
