import { queryOptions } from '@tanstack/react-query'
import { fetchJson } from '@/lib/fetch-json'
import { paths } from '@/lib/paths'
import { calmInterval } from '@/lib/poll'
import type { NoticeList, NoticeParams, UnreadCount, WebhookPage } from './schema'

export function noticesQuery(list: NoticeParams) {
  return queryOptions({
    queryKey: ['notices', 'list', list],
    queryFn: ({ signal }) => fetchJson<NoticeList>(paths.api.notices(list), signal),
    refetchInterval: calmInterval,
  })
}

export function unreadQuery() {
  return queryOptions({
    queryKey: ['notices', 'unread'],
    queryFn: ({ signal }) => fetchJson<UnreadCount>(paths.api.unreadNotices(), signal),
    refetchInterval: calmInterval,
  })
}

/** The webhook and its newest deliveries. Polled, because a delivery's try sends no event. */
export function webhookQuery() {
  return queryOptions({
    queryKey: ['notices', 'webhook'],
    queryFn: ({ signal }) => fetchJson<WebhookPage>(paths.api.webhook(), signal),
    refetchInterval: 4_000,
  })
}
