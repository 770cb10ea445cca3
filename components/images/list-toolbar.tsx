'use client'

import { ChevronDown, RefreshCw, Search, X } from 'lucide-react'
import type { Route } from 'next'
import Form from 'next/form'
import Link from 'next/link'
import { useFormatter, useTranslations } from 'next-intl'
import { Button } from '@/components/ui/button'
import { buttonClass } from '@/components/ui/button-class'
import { classNames } from '@/components/ui/class-names'
import { MenuButton } from '@/components/ui/menu-button'

export type Filter = {
  id: string
  label: string
  /** What is chosen, as it is shown; null when everything is. */
  chosen: string | null
  choices: { label: string; href: Route; isChosen: boolean }[]
  clearHref: Route
}

type ListToolbarProps = {
  /** Where the search leads: the list's own page. The other parameters that it keeps ride along as hidden fields. */
  action: Route
  search: string
  searchLabel: string
  kept: Record<string, string | undefined>
  filters: Filter[]
  updatedAt: number
  isFetching: boolean
  isFailed: boolean
  onRefresh: () => void
}

/** Search, filters and refresh over a list. All of it but the refresh is the URL, so Back, reload and a sent link work. */
export function ListToolbar(props: ListToolbarProps) {
  const t = useTranslations('images')
  return (
    <div className="flex flex-col gap-2 border-line border-b px-4 py-3">
      <div className="flex flex-wrap items-center gap-2">
        <Form action={props.action} scroll={false} role="search" className="relative min-w-0 max-w-80 grow basis-60">
          <Search aria-hidden className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-muted" />
          <input
            // A search that was cleared elsewhere (a chip, Back) shows in the field too.
            key={props.search}
            type="search"
            name="q"
            maxLength={128}
            aria-label={props.searchLabel}
            placeholder={props.searchLabel}
            defaultValue={props.search}
            className="h-8 w-full rounded-control border border-line-strong bg-surface-raised pr-2 pl-8 text-sm placeholder:text-ink-muted"
          />
          {Object.entries(props.kept).map(
            ([name, value]) => value && <input key={name} type="hidden" name={name} value={value} />,
          )}
        </Form>
        {props.filters.map((filter) => (
          <FilterMenu key={filter.id} filter={filter} />
        ))}
        <div className="ml-auto flex items-center gap-2">
          <UpdatedAt at={props.updatedAt} isFailed={props.isFailed} />
          <Button
            kind="secondary"
            aria-label={t('refresh')}
            title={t('refresh')}
            onClick={props.onRefresh}
            className="px-2"
          >
            <RefreshCw aria-hidden className={classNames('size-4', props.isFetching && 'animate-spin')} />
          </Button>
        </div>
      </div>
      <FilterChips filters={props.filters} />
    </div>
  )
}

function FilterMenu({ filter }: { filter: Filter }) {
  return (
    <MenuButton
      label={filter.label}
      align="start"
      className={buttonClass('secondary')}
      items={filter.choices.map((choice) => ({ kind: 'link', ...choice }))}
    >
      {filter.label}
      <ChevronDown aria-hidden className="size-4 text-ink-muted" />
    </MenuButton>
  )
}

function FilterChips({ filters }: { filters: Filter[] }) {
  const t = useTranslations('images')
  const chosen = filters.filter((filter) => filter.chosen !== null)
  if (chosen.length === 0) return null
  return (
    <ul className="flex flex-wrap gap-2">
      {chosen.map((filter) => (
        <li
          key={filter.id}
          className="inline-flex h-6 max-w-full items-center gap-1 rounded-full bg-accent-soft pr-1 pl-2.5 text-accent text-xs"
        >
          <span className="truncate">
            {filter.label}: {filter.chosen}
          </span>
          <Link
            href={filter.clearHref}
            scroll={false}
            aria-label={t('removeFilter', { name: filter.label })}
            className="inline-flex size-5 shrink-0 items-center justify-center rounded-full hover:bg-surface-hover"
          >
            <X aria-hidden className="size-3" />
          </Link>
        </li>
      ))}
    </ul>
  )
}

function UpdatedAt({ at, isFailed }: { at: number; isFailed: boolean }) {
  const t = useTranslations('images')
  const format = useFormatter()
  const time = format.dateTime(at, { timeStyle: 'medium' })
  return (
    <span
      role={isFailed ? 'alert' : undefined}
      className={classNames('text-xs tabular-nums', isFailed ? 'text-danger' : 'text-ink-muted max-sm:hidden')}
    >
      {isFailed ? t('notUpdated', { time }) : t('updatedAt', { time })}
    </span>
  )
}
