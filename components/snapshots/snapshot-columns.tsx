'use client'

import dynamic from 'next/dynamic'
import Link from 'next/link'
import { useLocale, useTranslations } from 'next-intl'
import { sortLink } from '@/components/images/list-links'
import { ListTime } from '@/components/images/list-time'
import { RowName } from '@/components/shell/row-name'
import { Ellipsis } from '@/components/ui/ellipsis'
import { late } from '@/components/ui/late'
import type { Column } from '@/components/ui/table'
import { formatBytes } from '@/lib/format'
import { latePart } from '@/lib/late-part'
import { paths } from '@/lib/paths'
import { isBeingMade } from '@/lib/snapshots/rules'
import type { SnapshotItem, SnapshotListParams } from '@/lib/snapshots/schema'
import { listHref } from './list-href'
import { SnapshotOperations } from './snapshot-operations'
import { SnapshotFailure, SnapshotState } from './snapshot-state'
import type { SnapshotTask } from './snapshot-tasks'

const SnapshotProgress = late(
  dynamic(() => latePart(() => import('./snapshot-progress').then((module) => module.SnapshotProgress))),
)

type OnAsk = (task: SnapshotTask, snapshot: SnapshotItem) => void

/** The columns of the Snapshots list, and of an instance's tab, which needs no column for the instance. */
export function useSnapshotColumns(list: SnapshotListParams, onAsk: OnAsk): Column<SnapshotItem>[] {
  const t = useTranslations('snapshots')
  const tImages = useTranslations('images')
  const sort = (column: string, header: string) =>
    sortLink<SnapshotItem>(
      column,
      list,
      (order) => listHref(list, { sort: order }),
      tImages('sortBy', { column: header }),
    )
  const instance: Column<SnapshotItem> = {
    id: 'instance',
    header: t('instance'),
    isWideOnly: true,
    cell: (snapshot) => <InstanceOf region={list.region} snapshot={snapshot} />,
  }
  return [
    {
      id: 'name',
      header: t('snapshot'),
      sort: sort('name', t('snapshot')),
      cell: (snapshot) => (
        <>
          <RowName id={snapshot.id} name={snapshot.name}>
            {!list.instanceId && (
              <div className="table-narrow text-xs">
                <InstanceOf region={list.region} snapshot={snapshot} />
              </div>
            )}
          </RowName>
          {snapshot.description && (
            <Ellipsis text={snapshot.description} lines="two" className="text-ink-muted text-xs" />
          )}
          {snapshot.failure && <SnapshotFailure failure={snapshot.failure} />}
        </>
      ),
    },
    ...(list.instanceId ? [] : [instance]),
    { id: 'size', header: tImages('size'), cell: (snapshot) => <SizeOf snapshot={snapshot} /> },
    {
      id: 'state',
      header: tImages('state'),
      card: 'corner',
      cell: (snapshot) => <SnapshotState snapshot={snapshot} />,
    },
    {
      id: 'createdAt',
      header: tImages('created'),
      sort: sort('createdAt', tImages('created')),
      cell: (snapshot) => <ListTime at={snapshot.createdAt} />,
    },
    {
      id: 'operation',
      header: tImages('operation'),
      card: 'foot',
      cell: (snapshot) => (
        <SnapshotOperations region={list.region} snapshot={snapshot} onAsk={(task) => onAsk(task, snapshot)} />
      ),
    },
  ]
}

function InstanceOf({ region, snapshot: { instance } }: { region: string; snapshot: SnapshotItem }) {
  const t = useTranslations('snapshots')
  const room = '@min-[794px]/table-room:max-w-40'
  if (!instance.isThere)
    return (
      <div className="min-w-0">
        <Ellipsis text={instance.name} className={room} />
        <span className="block text-ink-muted text-xs">{t('instanceGone')}</span>
      </div>
    )
  return (
    <Ellipsis text={instance.name} className={room}>
      {({ className, ref }) => (
        <Link
          ref={ref}
          href={paths.instance(region, instance.id)}
          className={`${className} rounded-sm text-accent hover:underline`}
        >
          {instance.name}
        </Link>
      )}
    </Ellipsis>
  )
}

function SizeOf({ snapshot }: { snapshot: SnapshotItem }) {
  const t = useTranslations('snapshots')
  const locale = useLocale()
  const { state, size, virtualSize } = snapshot
  return (
    <div className="min-w-0">
      <span className="block whitespace-nowrap tabular-nums">{formatBytes(virtualSize, locale)}</span>
      {size > 0 && (
        <span className="block whitespace-nowrap text-ink-muted text-xs tabular-nums">
          {t('fileSize', { size: formatBytes(size, locale) })}
        </span>
      )}
      {isBeingMade(state) && <SnapshotProgress snapshot={snapshot} />}
    </div>
  )
}
