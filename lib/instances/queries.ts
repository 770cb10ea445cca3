import { queryOptions } from '@tanstack/react-query'
import type { EventPage } from '@/lib/events/schema'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import { calmInterval } from '@/lib/poll'
import { isInstanceInMotion } from './rules'
import type { InstanceDetails, InstanceList, InstanceListParams } from './schema'

const busyMs = 2_000

/** One page of the Instances list. Refetches every 8 s, and every 2 s while an instance changes by itself. */
export function instancesQuery(list: InstanceListParams) {
  return queryOptions({
    queryKey: ['instances', 'list', list],
    queryFn: ({ signal }) => fetchJson<InstanceList>(paths.api.instances(list), signal),
    refetchInterval: (query) => (query.state.data?.items.some(isInstanceInMotion) ? busyMs : calmInterval()),
  })
}

export function instanceQuery(region: string, instanceId: string) {
  return queryOptions({
    queryKey: ['instances', 'one', region, instanceId],
    queryFn: ({ signal }) => fetchJson<InstanceDetails>(paths.api.instance(region, instanceId), signal),
    refetchInterval: (query) => (query.state.data && isInstanceInMotion(query.state.data) ? busyMs : calmInterval()),
  })
}

export function instanceEventsQuery(region: string, instanceId: string, before?: string) {
  return queryOptions({
    queryKey: ['instances', 'events', region, instanceId, before],
    queryFn: ({ signal }) => fetchJson<EventPage>(paths.api.instanceEvents(region, instanceId, before), signal),
    refetchInterval: calmInterval,
  })
}

export function findInstancesQuery(region: string, q: string) {
  return queryOptions({
    queryKey: ['instances', 'find', region, q],
    queryFn: ({ signal }) => fetchJson<InstanceList>(paths.api.findInstances(region, q), signal),
  })
}
