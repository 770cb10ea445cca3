'use client'

import { useTranslations } from 'next-intl'
import type { RegionContents } from '@/lib/regions/schema'

/** The content of a region, such as "6 images, 1 new share, 2 instances"; empty for none. */
export function useRegionContentsText(): (contents: RegionContents | undefined) => string {
  const t = useTranslations('regions')
  return (contents) => {
    if (!contents) return ''
    const { images, shares, newShares, instances } = contents
    const received = newShares > 0 ? t('newShares', { count: newShares }) : shares > 0 && t('shares', { count: shares })
    const machines = instances > 0 && t('instances', { count: instances })
    return [images > 0 && t('images', { count: images }), received, machines].filter(Boolean).join(t('between'))
  }
}
