'use client'

import { useLocale, useTranslations } from 'next-intl'
import type { ReactNode } from 'react'
import { formatBytes } from '@/lib/format'
import type { QuotaMeters } from '@/lib/quotas/schema'

/** Under a list of images: how much of the quota is used, by own images and by shared ones together. */
export function QuotaLine({ quota, children }: { quota: QuotaMeters; children?: ReactNode }) {
  const t = useTranslations('images')
  const locale = useLocale()
  const free = quota.quota - quota.used
  const bytes = { used: formatBytes(quota.bytesUsed, locale), quota: formatBytes(quota.bytesQuota, locale) }
  return (
    <p className="border-line border-t px-4 py-2 text-ink-muted text-xs tabular-nums">
      <span>{`${t('quotaUsed', { used: quota.used, quota: quota.quota })} ${free > 0 ? t('quotaFree', { free }) : t('quotaFull')} ${t('bytesUsed', bytes)}`}</span>
      {children}
    </p>
  )
}
