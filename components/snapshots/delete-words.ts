'use client'

import { useTranslations } from 'next-intl'
import { isBeingMade, type SnapshotStateName } from '@/lib/snapshots/rules'

/** The consequences of deleting a snapshot, for its dialog and for its page. */
export function useDeleteWords(state: SnapshotStateName): string[] {
  const t = useTranslations('snapshots')
  return isBeingMade(state) ? [t('deleteText1Creating')] : [t('deleteText1'), t('deleteText2')]
}
