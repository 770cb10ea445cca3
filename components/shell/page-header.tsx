'use client'

import type { Route } from 'next'
import Link from 'next/link'
import { useSearchParams } from 'next/navigation'
import { useTranslations } from 'next-intl'
import { type ReactNode, useEffect, useRef } from 'react'
import { HelpButton } from './help-button'

export type Crumb = { label: string; href?: Route }

type PageHeaderProps = {
  crumbs: Crumb[]
  title: string
  /** A state, beside the title. */
  badge?: ReactNode
  /** A muted line that describes the page. */
  line: ReactNode
  actions?: ReactNode
}

// Whether this document has shown a page: the first one leaves the focus to the browser.
let hasShownPage = false

/** The heading of a page. It takes the focus after a navigation that removed the focused link, such as a list's Next. */
export function PageHeader({ crumbs, title, badge, line, actions }: PageHeaderProps) {
  const t = useTranslations('shell')
  const heading = useRef<HTMLHeadingElement>(null)
  const search = useSearchParams()
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs after every navigation, which changes the search parameters.
  useEffect(() => {
    if (hasShownPage && document.activeElement === document.body) heading.current?.focus({ preventScroll: true })
    hasShownPage = true
  }, [search])
  return (
    <div className="flex flex-col gap-1">
      <nav aria-label={t('breadcrumbs')}>
        <ol className="flex flex-wrap items-center gap-x-1.5 text-ink-muted text-xs">
          {crumbs.map((crumb, index) => (
            <li key={crumb.label} className="flex min-w-0 max-w-full items-center gap-1.5">
              {index > 0 && <span aria-hidden>/</span>}
              {crumb.href ? (
                <Link href={crumb.href} className="truncate rounded-sm py-1 hover:text-ink hover:underline">
                  {crumb.label}
                </Link>
              ) : (
                <span className="truncate">{crumb.label}</span>
              )}
            </li>
          ))}
        </ol>
      </nav>
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h1 ref={heading} tabIndex={-1} className="font-semibold text-xl [overflow-wrap:anywhere]">
              {title}
            </h1>
            {badge}
            <HelpButton />
          </div>
          <p className="text-ink-muted text-sm [overflow-wrap:anywhere]">{line}</p>
        </div>
        {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
      </div>
    </div>
  )
}
