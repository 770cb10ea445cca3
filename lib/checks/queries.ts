import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import type { ImageCheck } from './schema'

/** The verdict on an image, looked at every second by a page on which a check waits or runs, until that shows another. */
export function imageCheckQuery(region: string, imageId: string) {
  return queryOptions({
    queryKey: ['checks', 'image', region, imageId],
    queryFn: ({ signal }) => fetchJson<ImageCheck>(paths.api.imageCheck(region, imageId), signal),
    // Also once it has ended: the page that shows it is asked for after the answer, and may not come.
    refetchInterval: ({ state: { data } }) => (data && data.view !== 'owner' ? false : 1_000),
  })
}
