'use client'

import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useTranslations } from 'next-intl'
import { useState } from 'react'
import { keptOrder } from '@/components/images/list-links'
import { ListPager } from '@/components/images/list-pager'
import { type Filter, ListToolbar } from '@/components/images/list-toolbar'
import { useRegionName } from '@/components/shell/current-region'
import { late } from '@/components/ui/late'
import { Table } from '@/components/ui/table'
import { instancesQuery } from '@/lib/instances/queries'
import { instanceStates, isTerminated } from '@/lib/instances/rules'
import type { InstanceItem, InstanceListParams } from '@/lib/instances/schema'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { HostNotice } from './host-notice'
import { useInstanceColumns } from './instance-columns'
import type { InstanceTask } from './instance-tasks'

const NoInstances = late(dynamic(() => latePart(() => import('./no-instances').then((module) => module.NoInstances))))

const InstanceTaskDialog = dynamic(
  () => latePart(() => import('./instance-task-dialog').then((module) => module.InstanceTaskDialog)),
  { ssr: false },
)

const sorts = ['-createdAt', 'createdAt', 'name', '-name'] as const

/** The viewer's instances in a region, or those terminated in the last days. */
export function InstanceTable({ list }: { list: InstanceListParams }) {
  const t = useTranslations()
  const regionName = useRegionName()
  const { data, dataUpdatedAt, fetchStatus, isError, refetch } = useQuery(instancesQuery(list))
  const [asked, setAsked] = useState<{ task: InstanceTask; instance: InstanceItem } | null>(null)
  const columns = useInstanceColumns(list, (task, instance) => setAsked({ task, instance }))
  const filters = useFilters(list)
  if (!data) return null
  const isPast = list.state !== undefined && isTerminated(list.state)
  const { q, state, sort, size } = list
  const href = (change: Parameters<typeof paths.instances>[1]) =>
    paths.instances(list.region, { q, state, sort, size, ...change })
  return (
    <>
      <HostNotice host={data.host} />
      <section className="rounded-card border border-line bg-surface-raised">
        <ListToolbar
          action={paths.instances(list.region)}
          search={q}
          searchHref={(typed) => href({ q: typed })}
          searchLabel={t('instances.searchLabel')}
          kept={{ state, ...keptOrder(list) }}
          filters={filters}
          clearHref={data.items.length > 0 ? href({ q: '', state: undefined }) : null}
          sorts={sorts.map((one) => ({ label: t(`sorts.${one}`), href: href({ sort: one }), isChosen: one === sort }))}
          updatedAt={dataUpdatedAt}
          fetchStatus={fetchStatus}
          isFailed={isError}
          onRefresh={() => refetch()}
        />
        <Table
          caption={
            isPast ? t('instances.captionTerminated') : t('instances.caption', { region: regionName(list.region) })
          }
          columns={columns}
          rows={data.items}
          rowKey={(instance) => instance.id}
          empty={<NoInstances list={list} />}
        />
        <ListPager list={list} shown={data} href={href} />
        <p className="border-line border-t px-4 py-2 text-ink-muted text-xs tabular-nums">
          {t('instances.quotaUsed', data.quota)}
          {!isPast && (
            <>
              {' '}
              <Link
                href={paths.instances(list.region, { state: 'terminated' })}
                className="rounded-sm font-medium text-accent hover:underline"
              >
                {t('instances.toTerminated')}
              </Link>
            </>
          )}
        </p>
      </section>
      {asked && <InstanceTaskDialog {...asked} region={list.region} onClose={() => setAsked(null)} />}
    </>
  )
}

function useFilters(list: InstanceListParams): Filter[] {
  const t = useTranslations()
  const { q, sort, size } = list
  const href = (state: string | undefined) => paths.instances(list.region, { q, sort, size, state })
  return [
    {
      id: 'state',
      label: t('images.filterState'),
      chosen: list.state ? t(`instanceStates.${list.state}`) : null,
      choices: instanceStates.map((state) => ({
        label: t(`instanceStates.${state}`),
        href: href(state),
        isChosen: list.state === state,
      })),
      clearHref: href(undefined),
    },
  ]
}
