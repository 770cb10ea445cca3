'use client'

import { useLocale, useTranslations } from 'next-intl'
import { Meter } from '@/components/ui/meter'
import { formatBytes } from '@/lib/format'
import { type Resource, resources } from '@/lib/quotas/rules'
import type { Meter as QuotaMeter } from '@/lib/quotas/schema'

const hints = {
  images: { free: 'images.quotaFree', full: 'images.quotaFull' },
  bytes: { free: 'images.bytesFree', full: 'images.bytesFull' },
  instances: { free: 'images.quotaFree', full: 'account.instancesFull' },
  snapshots: { free: 'images.quotaFree', full: 'account.snapshotsFull' },
} as const satisfies Record<Resource, { free: string; full: string }>

type Props = { name: Resource; meter: QuotaMeter; under?: string }

/** How much of a quota is used. */
export function ResourceMeter({ name, meter: { used, quota }, under }: Props) {
  const t = useTranslations()
  const locale = useLocale()
  const isBytes = resources[name].unit === 'bytes'
  const size = (bytes: number) => formatBytes(bytes, locale)
  const free = isBytes ? size(quota - used) : quota - used
  const hint = used < quota ? t(hints[name].free, { free }) : t(hints[name].full)
  const format = isBytes ? { format: size } : {}
  return (
    <Meter label={t(`account.${name}`)} used={used} max={quota} hint={hint} {...format} {...(under ? { under } : {})} />
  )
}
