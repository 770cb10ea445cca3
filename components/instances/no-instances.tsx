'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { FilledRegions } from '@/components/images/filled-regions'
import { buttonClass } from '@/components/ui/button-class'
import { EmptyState } from '@/components/ui/empty-state'
import type { InstanceListParams } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'

/** An empty list of instances: why, and the next step. */
export function NoInstances({ list }: { list: InstanceListParams }) {
  const t = useTranslations('instances')
  const tImages = useTranslations('images')
  if (list.q || list.state)
    return (
      <EmptyState title={t('emptyFiltered')}>
        <Link href={paths.instances(list.region)} className={buttonClass('secondary')}>
          {tImages('clearFilters')}
        </Link>
      </EmptyState>
    )
  return (
    <EmptyState title={t('empty')}>
      <p className="mb-3">{t('emptyNext')}</p>
      <Link href={paths.createInstance(list.region)} className={buttonClass('secondary')}>
        {t('create')}
      </Link>
      <FilledRegions region={list.region} tab="instances" />
    </EmptyState>
  )
}
