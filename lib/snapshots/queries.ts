import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import { calmInterval } from '@/lib/poll'
import { isBeingMade } from './rules'
import type { SnapshotList, SnapshotListParams } from './schema'

const busyMs = 2_000
/** More than the default quota; if there are more, the newest are offered. */
const offered = 100

export function snapshotsQuery(list: SnapshotListParams) {
  return queryOptions({
    queryKey: ['snapshots', 'list', list],
    queryFn: ({ signal }) => fetchJson<SnapshotList>(paths.api.snapshots(list), signal),
    refetchInterval: (query) =>
      query.state.data?.items.some(({ state }) => isBeingMade(state)) ? busyMs : calmInterval(),
  })
}

export function restorableOf(region: string, instanceId: string): SnapshotListParams {
  return {
    ...{ region, instanceId, q: '', state: 'available', sort: '-createdAt', size: offered },
    ...{ after: undefined, before: undefined },
  }
}
