import { Download } from 'lucide'
import { useTranslations } from 'next-intl'
import { PageHeader } from '@/components/shell/page-header'
import { buttonClass } from '@/components/ui/button-class'
import { Card } from '@/components/ui/card'
import { EmptyState } from '@/components/ui/empty-state'
import { Icon } from '@/components/ui/icon'
import type { Bill } from '@/lib/billing/schema'
import { paths } from '@/lib/paths'
import { BillChart } from './bill-chart'
import { BillDays } from './bill-days'
import { BillMonth } from './bill-month'
import { BillRows } from './bill-rows'
import { BillSummary } from './bill-summary'

/** A month's bill: its total, its days and its rows. */
export function BillPage({ bill }: { bill: Bill }) {
  const t = useTranslations('billing')
  const { month, images } = bill
  const isEmpty = bill.rows.items.length === 0
  return (
    <main id="content" className="flex min-w-0 max-w-320 flex-col gap-4 p-4 md:p-6">
      <PageHeader
        crumbs={[{ label: t('title') }]}
        title={t('title')}
        line={t('line')}
        actions={
          <a href={paths.api.billLines({ month, images })} download className={buttonClass('secondary')}>
            <Icon of={Download} className="size-4" />
            {t('export')}
          </a>
        }
      />
      <BillMonth bill={bill} />
      <BillSummary bill={bill} />
      {isEmpty ? (
        <div className="rounded-card border border-line bg-surface-raised">
          <EmptyState title={images === 'shared' ? t('emptyShared') : t('empty')}>{t('emptyText')}</EmptyState>
        </div>
      ) : (
        <>
          <Card title={t('byDay')} line={t('byDayText')}>
            <div className="grid gap-x-8 gap-y-4 p-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
              <BillChart bill={bill} />
              <BillDays bill={bill} />
            </div>
          </Card>
          <Card title={t('byInstance')} line={t('byInstanceText')}>
            <BillRows bill={bill} />
          </Card>
        </>
      )}
    </main>
  )
}
