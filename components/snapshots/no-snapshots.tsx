'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { EmptyState } from '@/components/ui/empty-state'
import { paths } from '@/lib/paths'
import type { SnapshotListParams } from '@/lib/snapshots/schema'
import { listHref } from './list-href'

/** An empty list of snapshots: why, and the next step. */
export function NoSnapshots({ list }: { list: SnapshotListParams }) {
  const t = useTranslations('snapshots')
  const tImages = useTranslations('images')
  if (list.q || list.state)
    return (
      <EmptyState title={t('emptyFiltered')}>
        <Link href={listHref(list, { q: '', state: undefined })} className={buttonClass('secondary')}>
          {tImages('clearFilters')}
        </Link>
      </EmptyState>
    )
  if (list.instanceId)
    return (
      <EmptyState title={t('emptyInstance')}>
        <p>{t('emptyInstanceNext')}</p>
      </EmptyState>
    )
  return (
    <EmptyState title={t('empty')}>
      <p className="mb-3">{t('emptyNext')}</p>
      <Link href={paths.instances(list.region)} className={buttonClass('secondary')}>
        {t('toInstances')}
      </Link>
    </EmptyState>
  )
}
