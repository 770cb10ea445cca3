'use client'

import { useTranslations } from 'next-intl'
import type { ReactNode } from 'react'

/** Under a list of images: how much of the quota is used, by own images and by shared ones together. */
export function QuotaLine({ quota, children }: { quota: { used: number; quota: number }; children?: ReactNode }) {
  const t = useTranslations('images')
  const free = quota.quota - quota.used
  return (
    <p className="border-line border-t px-4 py-2 text-ink-muted text-xs tabular-nums">
      <span>{`${t('quotaUsed', quota)} ${free > 0 ? t('quotaFree', { free }) : t('quotaFull')}`}</span>
      {children}
    </p>
  )
}
