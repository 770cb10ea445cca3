import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'

/**
 * Passes the server's data to a query in the browser. The data must be complete: a failed read is the page's error, never a
 * spinner over a 500.
 */
export function Prefetch<T extends object>({
  queries,
  children,
}: {
  queries: { queryKey: readonly unknown[]; data: T }[]
  children: ReactNode
}) {
  const client = new QueryClient()
  for (const { queryKey, data } of queries) client.setQueryData(queryKey, data)
  return <HydrationBoundary state={dehydrate(client)}>{children}</HydrationBoundary>
}
