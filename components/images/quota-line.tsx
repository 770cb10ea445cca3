'use client'

import { useLocale, useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { formatBytes } from '@/lib/format'
import type { QuotaMeters } from '@/lib/quotas/schema'

/** The use of the quota under a list of images: own and shared images count together. */
export function QuotaLine({ quota, children }: { quota: QuotaMeters; children?: ReactNode }) {
  const { images, bytes } = quota
  const t = useTranslations('images')
  const locale = useLocale()
  const free = images.quota - images.used
  const storage = { used: formatBytes(bytes.used, locale), quota: formatBytes(bytes.quota, locale) }
  return (
    <p className="border-line border-t px-4 py-2 text-ink-muted text-xs tabular-nums">
      <span>{`${t('quotaUsed', images)} ${free > 0 ? t('quotaFree', { free }) : t('quotaFull')} ${t('bytesUsed', storage)}`}</span>
      {children}
    </p>
  )
}
