'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { keptOrder } from '@/components/images/list-links'
import { ListPager } from '@/components/images/list-pager'
import { type Filter, ListToolbar } from '@/components/images/list-toolbar'
import { useRegionName } from '@/components/shell/current-region'
import { late } from '@/components/ui/late'
import { Table } from '@/components/ui/table'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { snapshotsQuery } from '@/lib/snapshots/queries'
import { snapshotStates } from '@/lib/snapshots/rules'
import type { SnapshotItem, SnapshotListParams } from '@/lib/snapshots/schema'
import { listHref } from './list-href'
import { useSnapshotColumns } from './snapshot-columns'
import type { SnapshotTask } from './snapshot-tasks'

const NoSnapshots = late(dynamic(() => latePart(() => import('./no-snapshots').then((module) => module.NoSnapshots))))

const SnapshotTaskDialog = dynamic(
  () => latePart(() => import('./snapshot-task-dialog').then((module) => module.SnapshotTaskDialog)),
  { ssr: false },
)

const sorts = ['-createdAt', 'createdAt', 'name', '-name'] as const

/** The viewer's snapshots in a region, or those of one instance. */
export function SnapshotTable({ list }: { list: SnapshotListParams }) {
  const t = useTranslations()
  const regionName = useRegionName()
  const { data, dataUpdatedAt, fetchStatus, isError, refetch } = useQuery(snapshotsQuery(list))
  const [asked, setAsked] = useState<{ task: SnapshotTask; snapshot: SnapshotItem } | null>(null)
  const columns = useSnapshotColumns(list, (task, snapshot) => setAsked({ task, snapshot }))
  const filters = useFilters(list)
  if (!data) return null
  const { region, instanceId, q, state, sort } = list
  return (
    <>
      <section className="rounded-card border border-line bg-surface-raised">
        <ListToolbar
          action={instanceId ? paths.instanceSnapshots(region, instanceId) : paths.snapshots(region)}
          search={q}
          searchHref={(typed) => listHref(list, { q: typed })}
          searchLabel={t(instanceId ? 'snapshots.searchInTab' : 'snapshots.searchLabel')}
          kept={{ state, ...keptOrder(list) }}
          filters={filters}
          clearHref={data.items.length > 0 ? listHref(list, { q: '', state: undefined }) : null}
          sorts={sorts.map((one) => ({
            label: t(`sorts.${one}`),
            href: listHref(list, { sort: one }),
            isChosen: one === sort,
          }))}
          updatedAt={dataUpdatedAt}
          fetchStatus={fetchStatus}
          isFailed={isError}
          onRefresh={() => refetch()}
        />
        <Table
          caption={t('snapshots.caption', { region: regionName(region) })}
          columns={columns}
          rows={data.items}
          rowKey={(snapshot) => snapshot.id}
          empty={<NoSnapshots list={list} />}
        />
        <ListPager list={list} shown={data} href={(change) => listHref(list, change)} />
        <p className="border-line border-t px-4 py-2 text-ink-muted text-xs tabular-nums">
          {t('snapshots.quotaUsed', data.quota)}
        </p>
      </section>
      {asked && <SnapshotTaskDialog {...asked} region={region} onClose={() => setAsked(null)} />}
    </>
  )
}

function useFilters(list: SnapshotListParams): Filter[] {
  const t = useTranslations()
  return [
    {
      id: 'state',
      label: t('images.filterState'),
      chosen: list.state ? t(`snapshotStates.${list.state}`) : null,
      choices: snapshotStates.map((state) => ({
        label: t(`snapshotStates.${state}`),
        href: listHref(list, { state }),
        isChosen: list.state === state,
      })),
      clearHref: listHref(list, { state: undefined }),
    },
  ]
}
