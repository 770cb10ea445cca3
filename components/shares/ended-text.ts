'use client'

import { useFormatter, useNow, useTranslations } from 'next-intl'
import type { EndedShare } from '@/lib/shares/schema'

/** Who ended a share and when, for the reader's side; on the same day with the time only. */
export function useEndedText(): (ended: EndedShare) => string {
  const t = useTranslations('ended')
  const format = useFormatter()
  const now = useNow()
  return ({ viewer, how, image, other, at }) => {
    const moment = new Date(at)
    const day = (date: Date) => format.dateTime(date, { dateStyle: 'short' })
    const isToday = day(moment) === day(now)
    const time = format.dateTime(moment, isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' })
    return t(`${viewer}.${how}`, { image, other, time })
  }
}
