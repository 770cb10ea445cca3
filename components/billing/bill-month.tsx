import { ChevronLeft, ChevronRight } from 'lucide'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { buttonClass } from '@/components/ui/button-class'
import { classNames } from '@/components/ui/class-names'
import { Icon } from '@/components/ui/icon'
import type { Bill } from '@/lib/billing/schema'
import { paths } from '@/lib/paths'
import { useBillWords } from './use-bill-words'

/** The choice of month and of lines, as links, because the URL is the state. */
export function BillMonth({ bill }: { bill: Bill }) {
  const t = useTranslations('billing')
  const words = useBillWords(bill)
  const { month, images, previous, next } = bill
  return (
    <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
      <nav aria-label={t('month')} className="flex flex-wrap items-center gap-2">
        {previous && (
          <Link href={paths.billing({ month: previous, images })} className={buttonClass('secondary')}>
            <Icon of={ChevronLeft} className="size-4" />
            {words.month(previous)}
          </Link>
        )}
        <span aria-current="page" className="px-1 font-semibold text-lg">
          {words.month()}
        </span>
        {next && (
          <Link href={paths.billing({ month: next, images })} className={buttonClass('secondary')}>
            {words.month(next)}
            <Icon of={ChevronRight} className="size-4" />
          </Link>
        )}
      </nav>
      <nav aria-label={t('filter')} className="flex flex-wrap gap-1">
        {(['all', 'shared'] as const).map((choice) => (
          <Link
            key={choice}
            href={paths.billing({ month, images: choice })}
            aria-current={choice === images ? 'true' : undefined}
            className={classNames(
              'flex min-h-8 items-center rounded-full border border-line px-3 text-sm hover:bg-surface-hover',
              'aria-[current]:border-accent aria-[current]:bg-accent-soft aria-[current]:font-medium aria-[current]:text-accent',
            )}
          >
            {choice === 'all' ? t('allInstances') : t('fromShared')}
          </Link>
        ))}
      </nav>
    </div>
  )
}
