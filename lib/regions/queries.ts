import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import type { RegionContents } from './schema'

/** The viewer's content in each region; refetched every minute, on focus, and when the region picker opens. */
export function regionContentsQuery() {
  return queryOptions({
    queryKey: ['regions', 'contents'],
    queryFn: ({ signal }) => fetchJson<RegionContents[]>(paths.api.regions(), signal),
    refetchInterval: 60_000,
  })
}
