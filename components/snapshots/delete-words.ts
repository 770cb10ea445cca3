'use client'

import { useTranslations } from 'next-intl'
import { isBeingMade, type SnapshotStateName } from '@/lib/snapshots/rules'

/** What goes with a snapshot and what stays, before it is deleted: for the dialog and for the page that asks the same. */
export function useDeleteWords(state: SnapshotStateName): string[] {
  const t = useTranslations('snapshots')
  return isBeingMade(state) ? [t('deleteText1Creating')] : [t('deleteText1'), t('deleteText2')]
}
