import { useFormatter, useLocale, useTranslations } from 'next-intl'
import type { Bill, BillSeries } from '@/lib/billing/schema'
import { formatAmount } from '@/lib/format'

/** Formats a bill's amounts, days and month, and names the instances of its chart. */
export function useBillWords({ month, currency }: Pick<Bill, 'month' | 'currency'>) {
  const [format, locale, t] = [useFormatter(), useLocale(), useTranslations('billing')]
  // A calendar day, not a moment: built in UTC, so it must be formatted in UTC.
  const inUtc = (day: number) => new Date(`${month}-${String(day).padStart(2, '0')}T00:00:00Z`)
  return {
    money: (minor: number) => formatAmount(minor, currency, locale),
    day: (day: number) => format.dateTime(inUtc(day), { month: 'long', day: 'numeric', timeZone: 'UTC' }),
    month: (named = month) =>
      format.dateTime(new Date(`${named}-01T00:00:00Z`), { month: 'long', year: 'numeric', timeZone: 'UTC' }),
    series: ({ instanceId, name }: BillSeries) => (instanceId === null ? t('others') : name),
  }
}
