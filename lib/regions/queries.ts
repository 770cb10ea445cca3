import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import type { RegionContents } from './schema'

/**
 * What the viewer's master account has in each region. The page brings it along; it is read again every minute, when
 * somebody comes back to the window, and when the region picker opens.
 */
export function regionContentsQuery() {
  return queryOptions({
    queryKey: ['regions', 'contents'],
    queryFn: ({ signal }) => fetchJson<RegionContents[]>(paths.api.regions(), signal),
    refetchInterval: 60_000,
  })
}
