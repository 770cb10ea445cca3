'use client'

import { useLocale, useTranslations } from 'next-intl'
import { sortLink } from '@/components/images/list-links'
import { ListTime } from '@/components/images/list-time'
import { RowName } from '@/components/shell/row-name'
import { Badge } from '@/components/ui/badge'
import { Ellipsis } from '@/components/ui/ellipsis'
import type { Column } from '@/components/ui/table'
import { formatBytes } from '@/lib/format'
import { isTerminated, reasonKind } from '@/lib/instances/rules'
import type { InstanceItem, InstanceListParams } from '@/lib/instances/schema'
import { paths } from '@/lib/paths'
import { InstanceOperations } from './instance-operations'
import { InstanceState } from './instance-state'
import type { InstanceTask } from './instance-tasks'
import { ReasonLine } from './reason-text'

type OnAsk = (task: InstanceTask, instance: InstanceItem) => void

/** The columns of the Instances list. */
export function useInstanceColumns(list: InstanceListParams, onAsk: OnAsk): Column<InstanceItem>[] {
  const t = useTranslations('instances')
  const tImages = useTranslations('images')
  const { q, state, size } = list
  const sort = (column: string, header: string) =>
    sortLink<InstanceItem>(
      column,
      list,
      (order) => paths.instances(list.region, { q, state, size, sort: order }),
      tImages('sortBy', { column: header }),
    )
  return [
    {
      id: 'name',
      header: t('instance'),
      sort: sort('name', t('instance')),
      cell: (instance) => (
        <>
          <RowName
            id={instance.id}
            name={instance.name}
            href={paths.instance(list.region, instance.id)}
            badge={instance.isProtected && <Badge tone="neutral">{t('protected')}</Badge>}
          >
            <Ellipsis text={instance.typeId} className="table-narrow text-ink-muted text-xs" />
          </RowName>
          {instance.reason && <ReasonLine reason={instance.reason} isBad={reasonKind(instance.state) === 'failed'} />}
        </>
      ),
    },
    { id: 'image', header: t('image'), cell: (instance) => <ImageOf instance={instance} /> },
    { id: 'type', header: t('type'), isWideOnly: true, cell: (instance) => <TypeOf instance={instance} /> },
    { id: 'state', header: tImages('state'), card: 'corner', cell: (instance) => <InstanceState {...instance} /> },
    {
      id: 'createdAt',
      header: tImages('created'),
      sort: sort('createdAt', tImages('created')),
      cell: (instance) => <ListTime at={instance.createdAt} />,
    },
    {
      id: 'operation',
      header: tImages('operation'),
      card: 'foot',
      cell: (instance) =>
        isTerminated(instance.state) ? (
          '–'
        ) : (
          <InstanceOperations region={list.region} instance={instance} onAsk={(task) => onAsk(task, instance)} />
        ),
    },
  ]
}

function ImageOf({ instance: { image } }: { instance: InstanceItem }) {
  const t = useTranslations('instances')
  return (
    <div className="min-w-0">
      <Ellipsis text={image.name} className="@min-[794px]/table-room:max-w-40" />
      {image.isShared && (
        <Ellipsis
          text={t('sharedBy', { owner: image.owner })}
          className="@min-[794px]/table-room:max-w-40 text-ink-muted text-xs"
        />
      )}
    </div>
  )
}

function TypeOf({ instance: { typeId, vcpus, memoryMib } }: { instance: InstanceItem }) {
  const t = useTranslations('instances')
  const locale = useLocale()
  return (
    <div className="min-w-0">
      <Ellipsis text={typeId} className="@min-[794px]/table-room:max-w-36" />
      <span className="block text-ink-muted text-xs tabular-nums">
        {t('shape', { vcpus, memory: formatBytes(memoryMib * 2 ** 20, locale) })}
      </span>
    </div>
  )
}
