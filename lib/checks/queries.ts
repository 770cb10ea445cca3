import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import type { ImageCheck } from './schema'

/** The verdict on an image, looked at every second while a check of it waits or runs. */
export function imageCheckQuery(region: string, imageId: string) {
  return queryOptions({
    queryKey: ['checks', 'image', region, imageId],
    queryFn: ({ signal }) => fetchJson<ImageCheck>(paths.api.imageCheck(region, imageId), signal),
    refetchInterval: ({ state: { data } }) => (data?.view === 'owner' && data.isQueued ? 1_000 : false),
  })
}
