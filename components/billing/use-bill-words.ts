import { useFormatter, useLocale, useTranslations } from 'next-intl'
import type { Bill, BillSeries } from '@/lib/billing/schema'
import { formatAmount } from '@/lib/format'

/** How a bill is written: its amounts, its days, its month, and the instances of its chart. */
export function useBillWords({ month, currency }: Pick<Bill, 'month' | 'currency'>) {
  const [format, locale, t] = [useFormatter(), useLocale(), useTranslations('billing')]
  // The day is one of a calendar, not a moment: it is written in the zone in which it was made.
  const inUtc = (day: number) => new Date(`${month}-${String(day).padStart(2, '0')}T00:00:00Z`)
  return {
    money: (minor: number) => formatAmount(minor, currency, locale),
    day: (day: number) => format.dateTime(inUtc(day), { month: 'long', day: 'numeric', timeZone: 'UTC' }),
    month: (named = month) =>
      format.dateTime(new Date(`${named}-01T00:00:00Z`), { month: 'long', year: 'numeric', timeZone: 'UTC' }),
    series: ({ instanceId, name }: BillSeries) => (instanceId === null ? t('others') : name),
  }
}
