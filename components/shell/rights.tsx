'use client'

import { createContext, type ReactNode, useContext } from 'react'
import type { Permission, Permitted } from '@/lib/permissions'
import { holdsIn } from '@/lib/permitted'
import { useCurrentRegion } from './current-region'

const PermittedContext = createContext<Permitted>('all')

/** Provides the account's permissions, so that the page hides the rest. Every action and read checks them itself. */
export function RightsProvider({ permitted, children }: { permitted: Permitted; children: ReactNode }) {
  return <PermittedContext value={permitted}>{children}</PermittedContext>
}

/** Whether this account has a permission in a region; null: in any region. */
export function useMay(): (permission: Permission, region: string | null) => boolean {
  const permitted = useContext(PermittedContext)
  return (permission, region) => permitted === 'all' || holdsIn(permitted[permission] ?? [], region)
}

/** The permission that a page needs, by the id of its entry; pages not listed here need none. */
const pageNeeds: Record<string, Permission> = {
  instances: 'instances.read',
  'create-instance': 'instances.change',
  snapshots: 'instances.read',
  custom: 'images.read',
  shared: 'images.read',
  sharing: 'images.read',
  bin: 'images.read',
  import: 'images.change',
  billing: 'bill.read',
  audit: 'account.manage',
  'sub-accounts': 'subAccounts.manage',
  groups: 'groups.manage',
}

/** Whether this account may see a page of the menu in the current region. The bill has no region. */
export function usePermittedPage(): (id: string) => boolean {
  const permitted = useMay()
  const { region } = useCurrentRegion()
  return (id) => {
    const needed = pageNeeds[id]
    return needed === undefined || permitted(needed, needed === 'bill.read' ? null : region)
  }
}
