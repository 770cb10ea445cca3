import { useTranslations } from 'next-intl'
import { useId } from 'react'
import { classNames } from '@/components/ui/class-names'
import { Ellipsis } from '@/components/ui/ellipsis'
import { axisTop } from '@/lib/billing/rules'
import type { Bill, BillDay } from '@/lib/billing/schema'
import { useBillWords } from './use-bill-words'

/** The last colour is for all other instances together. */
const fills = ['fill-chart-1', 'fill-chart-2', 'fill-chart-3', 'fill-chart-4', 'fill-chart-5', 'fill-chart-6']
const swatches = ['bg-chart-1', 'bg-chart-2', 'bg-chart-3', 'bg-chart-4', 'bg-chart-5', 'bg-chart-6']
const dayWidth = 10
const barWidth = 7
const height = 100
const steps = [4, 3, 2, 1, 0]

/**
 * A bar for each day, stacked by instance. Rendered on the server, without scripts; the table beside it has the same
 * numbers.
 */
export function BillChart({ bill }: { bill: Bill }) {
  const t = useTranslations('billing')
  const words = useBillWords(bill)
  const id = useId()
  const { days, series, daysInMonth } = bill
  const top = axisTop(days.reduce((most, day) => Math.max(most, barOf(day)), 0))
  const marked = Array.from({ length: daysInMonth }, (_, index) => index + 1).filter(
    (day) => day === 1 || day % 5 === 0,
  )
  return (
    <figure className="flex min-w-0 flex-col gap-3">
      <div className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-2 text-ink-muted text-xs tabular-nums">
        <div aria-hidden="true" className="flex h-56 flex-col justify-between text-right">
          {steps.map((step) => (
            <span key={step} className="-my-2">
              {words.money((top / 4) * step)}
            </span>
          ))}
        </div>
        <svg
          role="img"
          aria-labelledby={id}
          viewBox={`0 0 ${daysInMonth * dayWidth} ${height}`}
          preserveAspectRatio="none"
          className="h-56 w-full"
        >
          <title id={id}>{t('chart', { month: words.month(), total: words.money(bill.total) })}</title>
          {steps.map((step) => (
            <line
              key={step}
              x1="0"
              x2={daysInMonth * dayWidth}
              y1={height - (step / 4) * height}
              y2={height - (step / 4) * height}
              className="stroke-line"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {days.map((day) => (
            <g key={day.day}>
              <title>{`${words.day(day.day)}: ${words.money(day.amount)}`}</title>
              {stacked(day, top).map(({ y, size, index }) => (
                <rect
                  key={index}
                  x={(day.day - 1) * dayWidth + (dayWidth - barWidth) / 2}
                  y={y}
                  width={barWidth}
                  height={size}
                  className={classNames(fills[index], 'stroke-surface-raised')}
                  vectorEffect="non-scaling-stroke"
                />
              ))}
            </g>
          ))}
        </svg>
        <span />
        <div aria-hidden="true" className="relative mt-1 h-4">
          {marked.map((day) => (
            <span
              key={day}
              className="absolute -translate-x-1/2"
              style={{ left: `${((day - 0.5) / daysInMonth) * 100}%` }}
            >
              {day}
            </span>
          ))}
        </div>
      </div>
      <figcaption>
        <ul aria-label={t('legend')} className="flex flex-wrap gap-x-4 gap-y-1 text-xs">
          {series.map((one, index) => (
            <li key={one.instanceId ?? ''} className="flex min-w-0 items-center gap-1.5">
              <span aria-hidden="true" className={classNames('size-3 shrink-0 rounded-sm', swatches[index])} />
              <Ellipsis text={words.series(one)} />
              <span className="text-ink-muted tabular-nums">{words.money(one.amount)}</span>
            </li>
          ))}
        </ul>
      </figcaption>
    </figure>
  )
}

/** The height of a bar. A correction can make a part negative; nothing is drawn below zero. */
function barOf({ amounts }: BillDay): number {
  return amounts.reduce((sum, amount) => sum + Math.max(0, amount), 0)
}

function stacked({ amounts }: BillDay, top: number): { y: number; size: number; index: number }[] {
  let y = height
  return amounts.flatMap((amount, index) => {
    const size = (Math.max(0, amount) / top) * height
    y -= size
    return size > 0 ? [{ y, size, index }] : []
  })
}
