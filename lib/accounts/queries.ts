import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import { calmInterval, withoutStreamMs } from '@/lib/poll'
import type { AccountInfo } from './schema'
import type { SubAccount } from './schema-sub-accounts'

export function quotasQuery() {
  return queryOptions({
    queryKey: ['quotas'],
    queryFn: ({ signal }) => fetchJson<AccountInfo['quotas']>(paths.api.quotas(), signal),
    refetchInterval: calmInterval,
  })
}

/** The viewer's sub-accounts. Polled, because a sub-account's last sign-in sends no event. */
export function subAccountsQuery() {
  return queryOptions({
    queryKey: ['accounts', 'subs'],
    queryFn: ({ signal }) => fetchJson<SubAccount[]>(paths.api.subAccounts(), signal),
    refetchInterval: withoutStreamMs,
  })
}
