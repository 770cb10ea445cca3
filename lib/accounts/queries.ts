import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import { calmInterval } from '@/lib/poll'
import type { AccountInfo } from './schema'

/** The image quota of the viewer's master account in every region. Others change it by sharing. */
export function quotasQuery() {
  return queryOptions({
    queryKey: ['quotas'],
    queryFn: ({ signal }) => fetchJson<AccountInfo['quotas']>(paths.api.quotas(), signal),
    refetchInterval: calmInterval,
  })
}
