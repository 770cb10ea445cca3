'use client'

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Toasts } from '@/components/ui/toasts'
// The pages of faults at two levels both show it. Named here it is loaded once, which is 1.4 kB less on every page.
import '@/components/shell/fault-page'
import { ReadError } from '@/lib/fetch-json'

/** What lives as long as the tab: the queries, and the polite region in which toasts are read out. */
export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            staleTime: 30_000,
            // An answer below 500 would be the same the next time.
            retry: (failures, error) =>
              failures < 2 && !(error instanceof ReadError && error.status >= 400 && error.status < 500),
          },
        },
      }),
  )
  return (
    <QueryClientProvider client={client}>
      {children}
      <Toasts />
    </QueryClientProvider>
  )
}
