'use client'

import { useTranslations } from 'next-intl'
import { useRegionName } from '@/components/shell/current-region'
import { Ellipsis } from '@/components/ui/ellipsis'
import { Pager } from '@/components/ui/pager'
import { type Column, Table } from '@/components/ui/table'
import type { Bill, BillRow } from '@/lib/billing/schema'
import { paths } from '@/lib/paths'
import { useBillWords } from './use-bill-words'

/** The rows of the total: instances with their hours at one price, the most expensive first, and corrections. */
export function BillRows({ bill }: { bill: Bill }) {
  const t = useTranslations('billing')
  const tImages = useTranslations('images')
  const regionName = useRegionName()
  const words = useBillWords(bill)
  const { month, images, rows } = bill
  const columns: Column<BillRow>[] = [
    {
      id: 'instance',
      header: t('instance'),
      cell: (row) => (
        <div className="min-w-0">
          <Ellipsis text={row.instanceName} />
          <div className="text-ink-muted text-xs">
            <span className="font-mono">{row.instanceId}</span>
          </div>
          {row.kind === 'ADJUSTMENT' && <p className="text-xs">{t('adjustment', { note: row.note })}</p>}
        </div>
      ),
    },
    { id: 'region', header: t('region'), cell: (row) => regionName(row.regionId), isWideOnly: true },
    {
      id: 'image',
      header: t('image'),
      cell: (row) => (
        <div className="min-w-0">
          <Ellipsis text={row.imageName} />
          {row.sharedBy && <div className="text-ink-muted text-xs">{t('sharedBy', { username: row.sharedBy })}</div>}
        </div>
      ),
    },
    { id: 'type', header: t('type'), cell: (row) => row.typeId },
    {
      id: 'hours',
      header: t('hours'),
      align: 'right',
      cell: (row) => (row.kind === 'USAGE' ? `${row.hours} × ${words.money(row.price)}` : '–'),
    },
    { id: 'amount', header: t('amount'), align: 'right', cell: (row) => words.money(row.amount) },
  ]
  return (
    <>
      <Table caption={t('byInstance')} columns={columns} rows={rows.items} rowKey={(row) => row.id} empty={null} />
      {(rows.next || rows.prev) && (
        <Pager
          label={t('pages')}
          previousLabel={tImages('previous')}
          nextLabel={tImages('next')}
          previous={rows.prev ? paths.billing({ month, images, before: rows.prev }) : null}
          next={rows.next ? paths.billing({ month, images, after: rows.next }) : null}
          range={t('rows', { count: rows.items.length })}
          size={null}
        />
      )}
    </>
  )
}
