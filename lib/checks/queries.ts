import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import type { ImageCheck } from './schema'

/** The verdict on an image. Polled every second by a page on which a check waits or runs. */
export function imageCheckQuery(region: string, imageId: string) {
  return queryOptions({
    queryKey: ['checks', 'image', region, imageId],
    queryFn: ({ signal }) => fetchJson<ImageCheck>(paths.api.imageCheck(region, imageId), signal),
    // Polling goes on after the check has ended: the page is refreshed after the answer, and the refresh may fail.
    refetchInterval: ({ state: { data } }) => (data && data.view !== 'owner' ? false : 1_000),
  })
}
