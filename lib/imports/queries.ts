import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import type { UnfinishedUpload } from './schema'

/** Uploads of a region that have not arrived whole. Looks again every 8 s: another window may be at one of them. */
export function unfinishedUploadsQuery(region: string) {
  return queryOptions({
    queryKey: ['imports', 'unfinished', region],
    queryFn: ({ signal }) => fetchJson<{ items: UnfinishedUpload[] }>(paths.api.unfinishedUploads(region), signal),
    refetchInterval: 8_000,
  })
}
