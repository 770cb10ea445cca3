'use client'

import { ArrowDownUp, ChevronDown, RefreshCw, X } from 'lucide'
import type { Route } from 'next'
import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { useSyncExternalStore } from 'react'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { classNames } from '@/components/ui/class-names'
import { Icon } from '@/components/ui/icon'
import { MenuButton } from '@/components/ui/menu-button'
import { pageStatus, subscribePageStatus } from '@/lib/page-status'
import { ListSearch } from './list-search'

type Choice = { label: string; href: Route; isChosen: boolean }

export type Filter = {
  id: string
  label: string
  /** The label of the active choice; null if there is no filter. */
  chosen: string | null
  choices: Choice[]
  clearHref: Route
}

type ListToolbarProps = {
  /** The form's target: the list's page. `kept` parameters are hidden fields. */
  action: Route
  search: string
  searchLabel: string
  searchHref: (search: string) => Route
  kept: Record<string, string | number | undefined>
  filters: Filter[]
  /** The list without any filter; null if the empty list links there already. */
  clearHref: Route | null
  sorts: Choice[]
  updatedAt: number
  /** `paused`: a read is due, and there is no network. */
  fetchStatus: 'fetching' | 'paused' | 'idle'
  /** True also during retries: without the database, all tries together take 15 s. */
  isFailed: boolean
  onRefresh: () => void
}

/** Search, filters and refresh above a list. Search and filters are in the URL, so that Back, reload and links work. */
export function ListToolbar(props: ListToolbarProps) {
  const t = useTranslations('images')
  return (
    <div className="screen-only table-room border-line border-b">
      <div className="flex flex-col gap-2 px-4 py-3">
        <div className="flex flex-wrap items-center gap-2">
          <ListSearch
            action={props.action}
            search={props.search}
            label={props.searchLabel}
            kept={props.kept}
            href={props.searchHref}
          />
          {props.filters.map((filter) => (
            <FilterMenu key={filter.id} filter={filter} />
          ))}
          <SortMenu sorts={props.sorts} />
          <div className="ml-auto flex items-center gap-2 max-sm:-order-1">
            <UpdatedAt at={props.updatedAt} isFailed={props.isFailed} isOffline={props.fetchStatus === 'paused'} />
            <Button
              kind="secondary"
              aria-label={t('refresh')}
              title={t('refresh')}
              onClick={props.onRefresh}
              className="px-2"
            >
              <Icon
                of={RefreshCw}
                className={classNames('size-4', props.fetchStatus === 'fetching' && 'animate-spin')}
              />
            </Button>
          </div>
        </div>
        <noscript>
          <p className="text-ink-muted text-xs">{t('needsScripts')}</p>
        </noscript>
        <FilterChips filters={props.filters} clearHref={props.clearHref} />
      </div>
    </div>
  )
}

function FilterMenu({ filter }: { filter: Filter }) {
  const t = useTranslations('images')
  return (
    <MenuButton
      label={filter.label}
      align="start"
      className={buttonClass('secondary')}
      items={
        filter.choices.length > 0
          ? filter.choices.map((choice) => ({ kind: 'link', ...choice }))
          : [{ kind: 'note', label: t('nothingToFilter') }]
      }
    >
      {filter.label}
      <Icon of={ChevronDown} className="size-4 text-ink-muted" />
    </MenuButton>
  )
}

/** The sort menu for tables without sortable headers: on a phone, and in narrow tables. */
function SortMenu({ sorts }: { sorts: Choice[] }) {
  const t = useTranslations('images')
  const chosen = sorts.find((sort) => sort.isChosen)
  return (
    <span className="@min-[1000px]/table-room:hidden">
      <MenuButton
        label={t('sort', { order: chosen?.label ?? '' })}
        align="start"
        className={buttonClass('secondary')}
        items={sorts.map((sort) => ({ kind: 'link', ...sort }))}
      >
        <Icon of={ArrowDownUp} className="size-4 text-ink-muted" />
        <span>{chosen?.label}</span>
      </MenuButton>
    </span>
  )
}

function FilterChips({ filters, clearHref }: { filters: Filter[]; clearHref: Route | null }) {
  const t = useTranslations('images')
  const chosen = filters.filter((filter) => filter.chosen !== null)
  if (chosen.length === 0) return null
  return (
    <div className="flex flex-wrap items-center gap-2">
      <ul className="flex min-w-0 flex-wrap gap-2">
        {chosen.map((filter) => (
          <li
            key={filter.id}
            className="inline-flex h-7 max-w-full items-center gap-1 rounded-full border border-transparent bg-accent-soft pr-0.5 pl-2.5 text-accent text-xs"
          >
            <span className="truncate">{`${filter.label}: ${filter.chosen}`}</span>
            <Link
              href={filter.clearHref}
              scroll={false}
              aria-label={t('removeFilter', { name: filter.label })}
              className="inline-flex size-6 shrink-0 items-center justify-center rounded-full hover:bg-surface-hover"
            >
              <Icon of={X} className="size-3.5" />
            </Link>
          </li>
        ))}
      </ul>
      {clearHref && (
        <Link href={clearHref} scroll={false} className={buttonClass('text')}>
          {t('clearFilters')}
        </Link>
      )}
    </div>
  )
}

type UpdatedAtProps = { at: number; isFailed: boolean; isOffline: boolean }

function UpdatedAt({ at, isFailed, isOffline }: UpdatedAtProps) {
  const t = useTranslations('images')
  const format = useFormatter()
  const time = format.dateTime(at, { timeStyle: 'long' })
  const isAway = useSyncExternalStore(
    subscribePageStatus,
    () => pageStatus()?.code === 'OFFLINE',
    () => false,
  )
  // Requests that failed with the network are retried only once it is back.
  const isWithoutNetwork = isOffline || (isFailed && isAway)
  const isOld = isFailed || isOffline
  return (
    <span
      role={isOld ? 'alert' : undefined}
      className={classNames('text-xs tabular-nums', isOld ? 'text-danger' : 'text-ink-muted max-sm:hidden')}
    >
      {isWithoutNetwork
        ? t('notUpdatedOffline', { time })
        : isFailed
          ? t('notUpdated', { time })
          : t('updatedAt', { time })}
    </span>
  )
}
