'use client'

import { createContext, type ReactNode, useContext } from 'react'
import { may, type Permission, type Rights } from '@/lib/permissions'

const RightsContext = createContext<Rights>('all')

/** Gives the page what the account may do, so that it hides the rest. Every action and read decides by itself, too. */
export function RightsProvider({ rights, children }: { rights: Rights; children: ReactNode }) {
  return <RightsContext value={rights}>{children}</RightsContext>
}

/** Whether this account has a permission in a region; with null, in any region at all. */
export function useMay(): (permission: Permission, region: string | null) => boolean {
  const rights = useContext(RightsContext)
  return (permission, region) => may({ rights }, permission, region)
}
