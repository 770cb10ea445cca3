'use client'

import { createContext, type ReactNode, useContext } from 'react'
import type { Permission, Permitted } from '@/lib/permissions'
import { holdsIn } from '@/lib/permitted'
import { useCurrentRegion } from './current-region'

const PermittedContext = createContext<Permitted>('all')

/** Gives the page what the account may do, so that it hides the rest. Every action and read decides by itself, too. */
export function RightsProvider({ permitted, children }: { permitted: Permitted; children: ReactNode }) {
  return <PermittedContext value={permitted}>{children}</PermittedContext>
}

/** Whether this account has a permission in a region; with null, in any region at all. */
export function useMay(): (permission: Permission, region: string | null) => boolean {
  const permitted = useContext(PermittedContext)
  return (permission, region) => permitted === 'all' || holdsIn(permitted[permission] ?? [], region)
}

/** The permission for a page, by the id of its entry; a page that is not named is everybody's. */
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

/** Whether this account may see a page of the menu in the region that is chosen. The bill has no region. */
export function usePermittedPage(): (id: string) => boolean {
  const permitted = useMay()
  const { region } = useCurrentRegion()
  return (id) => {
    const needed = pageNeeds[id]
    return needed === undefined || permitted(needed, needed === 'bill.read' ? null : region)
  }
}
