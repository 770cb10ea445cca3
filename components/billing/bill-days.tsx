import { useTranslations } from 'next-intl'
import type { Bill } from '@/lib/billing/schema'
import { useBillWords } from './use-bill-words'

/** The numbers of the chart, without the days that have no line. */
export function BillDays({ bill }: { bill: Bill }) {
  const t = useTranslations('billing')
  const words = useBillWords(bill)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard.
    <section aria-label={t('days')} tabIndex={0} className="relative max-h-68 min-w-0 overflow-y-auto">
      <table className="w-full border-collapse text-left text-sm">
        <caption className="sr-only">{t('days')}</caption>
        <thead className="sticky top-0 bg-surface-raised text-ink-muted text-xs">
          <tr>
            <th scope="col" className="py-1 pr-2 font-medium">
              {t('day')}
            </th>
            <th scope="col" className="px-2 py-1 text-right font-medium">
              {t('hours')}
            </th>
            <th scope="col" className="py-1 pl-2 text-right font-medium">
              {t('amount')}
            </th>
          </tr>
        </thead>
        <tbody>
          {bill.days.map(({ day, hours, amount }) => (
            <tr key={day} className="border-line border-t">
              <th scope="row" className="py-1.5 pr-2 font-normal">
                {words.day(day)}
              </th>
              <td className="px-2 py-1.5 text-right tabular-nums">{hours}</td>
              <td className="py-1.5 pl-2 text-right tabular-nums">{words.money(amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
