import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import { calmInterval } from '@/lib/poll'
import type { UnfinishedUpload } from './schema'

export function unfinishedUploadsQuery(region: string) {
  return queryOptions({
    queryKey: ['imports', 'unfinished', region],
    queryFn: ({ signal }) => fetchJson<{ items: UnfinishedUpload[] }>(paths.api.unfinishedUploads(region), signal),
    refetchInterval: calmInterval,
  })
}
