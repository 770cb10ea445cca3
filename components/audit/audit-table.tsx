'use client'

import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { ListPager } from '@/components/images/list-pager'
import { Ellipsis } from '@/components/ui/ellipsis'
import { EmptyState } from '@/components/ui/empty-state'
import { type Column, Table } from '@/components/ui/table'
import { isFiltered } from '@/lib/audit/rules'
import type { AuditItem, AuditPage, AuditParams } from '@/lib/audit/schema'
import { paths } from '@/lib/paths'
import { useActionName, useDetailsText } from './audit-words'

/** One page of the audit trail. It does not refresh by itself: new entries appear after a reload. */
export function AuditTable({ list, page }: { list: AuditParams; page: AuditPage }) {
  const t = useTranslations('audit')
  const columns = [...useWho(), ...useWhat()]
  const { after: _, before: __, verify: ___, ...asked } = list
  const hasFilters = isFiltered(list)
  return (
    <>
      <Table
        caption={t('caption')}
        columns={columns}
        rows={page.items}
        rowKey={(item) => item.seq}
        empty={
          <EmptyState title={hasFilters ? t('empty') : t('emptyAll')}>
            {hasFilters ? t('emptyText') : t('emptyAllText')}
          </EmptyState>
        }
      />
      <ListPager list={list} shown={page} href={(change) => paths.audit({ ...asked, ...change })} />
    </>
  )
}

function useWho(): Column<AuditItem>[] {
  const t = useTranslations('audit')
  const by = useTranslations('events.by')
  return [
    { id: 'time', header: t('time'), card: 'corner', cell: ({ at }) => <EntryTime at={at} /> },
    {
      id: 'account',
      header: t('account'),
      cell: (item) => (
        <>
          <Ellipsis text={item.by === 'account' ? item.actor : by(item.by)} className="max-w-40" />
          {item.address && <span className="table-narrow font-mono text-ink-muted text-xs">{item.address}</span>}
        </>
      ),
    },
    {
      id: 'address',
      header: t('address'),
      isWideOnly: true,
      cell: ({ address }) =>
        address ? <span className="font-mono text-xs">{address}</span> : <span className="text-ink-muted">–</span>,
    },
  ]
}

function useWhat(): Column<AuditItem>[] {
  const t = useTranslations('audit')
  const nameOf = useActionName()
  const detailsText = useDetailsText()
  return [
    {
      id: 'action',
      header: t('action'),
      cell: ({ action }) => (
        <span className="flex flex-col">
          <span>{nameOf(action)}</span>
          <span className="font-mono text-ink-muted text-xs">{action}</span>
        </span>
      ),
    },
    { id: 'resource', header: t('resource'), isLead: true, cell: (item) => <Resource item={item} /> },
    {
      id: 'details',
      header: t('details'),
      cell: (item) => {
        const text = detailsText(item)
        return text ? (
          <Ellipsis text={text} lines="two" className="whitespace-normal md:w-64" />
        ) : (
          <span className="text-ink-muted">–</span>
        )
      },
    },
  ]
}

/** To the second at every width, because the order matters here. */
function EntryTime({ at }: { at: string }) {
  const format = useFormatter()
  const date = new Date(at)
  return (
    <time
      dateTime={at}
      title={format.dateTime(date, { dateStyle: 'full', timeStyle: 'long' })}
      className="flex flex-col whitespace-nowrap tabular-nums"
    >
      <span>{format.dateTime(date, { dateStyle: 'medium' })}</span>
      <span className="text-ink-muted text-xs">{format.dateTime(date, { timeStyle: 'medium' })}</span>
    </time>
  )
}

/** The resource of an entry: an image, an instance, a snapshot, or the account itself; and the other side of a share. */
function Resource({ item }: { item: AuditItem }) {
  const t = useTranslations('audit')
  const { image, instance, snapshot, recipient, regionId } = item
  const named = snapshot ?? instance ?? image
  const name = named?.name ?? (regionId && item.action.startsWith('region.') ? regionId : item.owner)
  const href =
    regionId && image && !instance
      ? paths.image(regionId, image.id)
      : regionId && instance
        ? paths.instance(regionId, instance.id)
        : null
  return (
    <div className="min-w-0">
      <Ellipsis text={name}>
        {({ className, ref }) =>
          href ? (
            <Link ref={ref} href={href} className={`${className} rounded-sm font-medium text-accent hover:underline`}>
              {name}
            </Link>
          ) : (
            <span ref={ref} className={`${className} font-medium`}>
              {name}
            </span>
          )
        }
      </Ellipsis>
      <p className="truncate text-ink-muted text-xs">
        {named && <span className="font-mono">{named.id}</span>}
        {recipient && <span>{` ${t('recipient', { username: recipient })}`}</span>}
      </p>
    </div>
  )
}
