'use client'

import { Search } from 'lucide'
import type { Route } from 'next'
import { useRouter } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type FormEvent, useEffect, useRef } from 'react'
import { Icon } from '@/components/ui/icon'

type ListSearchProps = {
  /** The form's target without scripts; with them, `href` of the input. */
  action: Route
  search: string
  label: string
  kept: Record<string, string | number | undefined>
  href: (search: string) => Route
}

/** The search of a list: a form that navigates to a URL. */
export function ListSearch({ action, search, label, kept, href }: ListSearchProps) {
  const t = useTranslations('images')
  const router = useRouter()
  const input = useRef<HTMLInputElement>(null)
  useEffect(() => {
    // A search cleared elsewhere (a chip, Back) clears the field too, unless it has the focus.
    if (input.current && document.activeElement !== input.current) input.current.value = search
  }, [search])
  const submit = (event: FormEvent) => {
    event.preventDefault()
    router.push(href(input.current?.value ?? ''), { scroll: false })
  }
  return (
    <search className="min-w-0 max-w-80 grow basis-50 max-sm:-order-2">
      <form action={action} onSubmit={submit} className="relative">
        <input
          ref={input}
          type="search"
          name="q"
          maxLength={128}
          aria-label={label}
          placeholder={label}
          defaultValue={search}
          className="h-8 w-full rounded-control border border-line-strong bg-surface-raised pr-9 pl-2.5 text-sm placeholder:text-ink-muted"
        />
        <button
          type="submit"
          aria-label={t('search')}
          title={t('search')}
          className="absolute top-0.5 right-0.5 inline-flex size-7 items-center justify-center rounded-sm text-ink-muted hover:bg-surface-hover hover:text-ink"
        >
          <Icon of={Search} className="size-4" />
        </button>
        {Object.entries(kept).map(
          ([name, value]) => value !== undefined && <input key={name} type="hidden" name={name} value={value} />,
        )}
      </form>
    </search>
  )
}
