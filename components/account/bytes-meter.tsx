'use client'

import { useLocale, useTranslations } from 'next-intl'
import { Meter } from '@/components/ui/meter'
import { formatBytes } from '@/lib/format'

type BytesMeterProps = { label: string; used: number; quota: number; under?: string }

/** How much of a bytes quota is used. */
export function BytesMeter({ label, used, quota, ...rest }: BytesMeterProps) {
  const t = useTranslations('images')
  const locale = useLocale()
  const size = (bytes: number) => formatBytes(bytes, locale)
  const hint = used < quota ? t('bytesFree', { free: size(quota - used) }) : t('bytesFull')
  return <Meter label={label} used={used} max={quota} format={size} hint={hint} {...rest} />
}
