'use client'

import { useTranslations } from 'next-intl'

/** Formats the remaining time, no more precisely than it is known. */
export function useTimeLeft(): (seconds: number) => string {
  const t = useTranslations('import')
  return (seconds) => {
    const minutes = Math.ceil(seconds / 60)
    if (seconds < 60) return t('leftSeconds', { seconds: Math.max(1, Math.ceil(seconds)) })
    if (minutes < 120) return t('leftMinutes', { minutes })
    return t('leftHours', { hours: Math.ceil(minutes / 60) })
  }
}
