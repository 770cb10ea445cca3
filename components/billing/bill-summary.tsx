import { useTranslations } from 'next-intl'
import type { Bill } from '@/lib/billing/schema'
import { useBillWords } from './use-bill-words'

/** The total and, for the current month, a forecast if the running instances keep running. */
export function BillSummary({ bill }: { bill: Bill }) {
  const t = useTranslations('billing')
  const words = useBillWords(bill)
  const { forecast, images, currency } = bill
  const total = {
    term: images === 'shared' ? t('totalShared') : t('total'),
    value: words.money(bill.total),
    hint: t('currency', { currency }),
  }
  const coming = forecast && [
    {
      term: t('forecast'),
      value: words.money(forecast.total),
      hint: t('forecastText', { month: words.month() }),
    },
    {
      term: t('running'),
      value: t('instances', { count: forecast.running }),
      hint: t('perHour', { amount: words.money(forecast.rate) }),
    },
  ]
  return (
    <dl className="grid gap-4 sm:grid-cols-3">
      {[total, ...(coming ?? [])].map(({ term, value, hint }) => (
        <div key={term} className="min-w-0 rounded-card border border-line bg-surface-raised px-4 py-3">
          <dt className="text-ink-muted text-xs">{term}</dt>
          <dd>
            <span className="block font-semibold text-xl tabular-nums [overflow-wrap:anywhere]">{value}</span>
            <span className="block text-ink-muted text-xs">{hint}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
