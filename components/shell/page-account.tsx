'use client'

import { createContext, type ReactNode, useContext, useState } from 'react'
import { setPageAccount } from '@/lib/page-identity'

const PageAccountContext = createContext('')

/** Records the account that this document was rendered for. The frame stays when pages change, and so does this. */
export function PageAccount({ account, children }: { account: string; children: ReactNode }) {
  const [first] = useState(() => {
    // Only in the browser: during server rendering the module is shared between requests.
    if (typeof window !== 'undefined') setPageAccount(account)
    return account
  })
  return <PageAccountContext value={first}>{children}</PageAccountContext>
}

export function usePageAccount(): string {
  return useContext(PageAccountContext)
}
