'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { EmptyState } from '@/components/ui/empty-state'
import { paths } from '@/lib/paths'
import type { ShareListParams } from '@/lib/shares/schema-list'

/** An empty tab of the Sharing page: why, and the next step. */
export function NoShares({ list: { region, tab, q, state } }: { list: ShareListParams }) {
  const t = useTranslations('sharing')
  const tImages = useTranslations('images')
  if (q || state)
    return (
      <EmptyState title={t('emptyFiltered')}>
        <Link href={paths.sharing(region, { tab })} className={buttonClass('secondary')}>
          {tImages('clearFilters')}
        </Link>
      </EmptyState>
    )
  const isGiven = tab === 'given'
  return (
    <EmptyState title={t(isGiven ? 'emptyGiven' : 'emptyReceived')}>
      <p className="mb-3">{t(isGiven ? 'emptyGivenNext' : 'emptyReceivedNext')}</p>
      <Link href={isGiven ? paths.customImages(region) : paths.account()} className={buttonClass('secondary')}>
        {t(isGiven ? 'toImages' : 'toAccount')}
      </Link>
    </EmptyState>
  )
}
