'use client'

import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useMay } from '@/components/shell/rights'
import { buttonClass } from '@/components/ui/button-class'
import { EmptyState } from '@/components/ui/empty-state'
import { isInRecycleBin } from '@/lib/images/rules'
import type { CustomImageParams } from '@/lib/images/schema'
import { paths } from '@/lib/paths'
import type { SharedImageParams } from '@/lib/shares/schema'
import { FilledRegions } from './filled-regions'

/** An empty list of own images, or an empty recycle bin: why, and the next step. */
export function NoCustomImages({ list }: { list: CustomImageParams }) {
  const t = useTranslations('images')
  const may = useMay()
  const importTitle = useTranslations('import')('title')
  if (isInRecycleBin(list.state)) return <EmptyState title={t('emptyBin')}>{t('emptyBinNext')}</EmptyState>
  if (list.q || list.state || list.os || list.tag) return <NothingFound href={paths.customImages(list.region)} />
  return (
    <EmptyState title={t('emptyCustom')}>
      {may('images.change', list.region) && (
        <>
          <p className="mb-3">{t('emptyCustomNext')}</p>
          <Link href={paths.importImage(list.region)} className={buttonClass('secondary')}>
            {importTitle}
          </Link>
        </>
      )}
      <FilledRegions region={list.region} tab="custom" />
    </EmptyState>
  )
}

/** An empty list of shared images. */
export function NoSharedImages({ list }: { list: SharedImageParams }) {
  const t = useTranslations('images')
  if (list.q || list.os) return <NothingFound href={paths.sharedImages(list.region)} />
  return (
    <EmptyState title={t('emptyShared')}>
      {t('emptySharedNext')}
      <FilledRegions region={list.region} tab="shared" />
    </EmptyState>
  )
}

function NothingFound({ href }: { href: ReturnType<typeof paths.customImages> }) {
  const t = useTranslations('images')
  return (
    <EmptyState title={t('emptyFiltered')}>
      <Link href={href} className={buttonClass('secondary')}>
        {t('clearFilters')}
      </Link>
    </EmptyState>
  )
}
