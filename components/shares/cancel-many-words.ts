'use client'

import { useTranslations } from 'next-intl'
import type { ListedShare, ShareListTab } from '@/lib/shares/schema-list'

/** The consequences of cancelling several shares, for both sides. */
export function useCancelManyWords(shares: ListedShare[], tab: ShareListTab) {
  const t = useTranslations('sharing')
  const isGiven = tab === 'given'
  return {
    title: t(isGiven ? 'cancelTitleGiven' : 'cancelTitleReceived', { count: shares.length }),
    who: t(isGiven ? 'cancelGiven' : 'cancelReceived'),
    rows: shares.map(({ id, image, username, instances }) => ({
      id,
      text: t(instances > 0 ? 'cancelRowUsed' : 'cancelRow', { image, username, count: instances }),
    })),
    consequences: [
      t('cancelInstances'),
      t(isGiven ? 'cancelGivenPlaces' : 'cancelReceivedPlaces'),
      ...(shares.length > 1 ? [t('cancelAll')] : []),
    ],
  }
}
