'use client'

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Toasts } from '@/components/ui/toasts'
// Imported here so that it is bundled once: both levels of error.tsx show it. Saves 1.4 kB on every page.
import '@/components/shell/fault-page'
import { ReadError } from '@/lib/fetch-json'

/** State that lasts as long as the tab: react-query's client, and the live region that announces toasts. */
export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            staleTime: 30_000,
            // 4xx answers would be the same at the next try.
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
