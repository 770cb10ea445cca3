import { ChevronLeft, ChevronRight } from 'lucide'
import type { Route } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { buttonClass } from './button-class'
import { Icon } from './icon'

type PagerProps = {
  label: string
  previous: Route | null
  next: Route | null
  previousLabel: string
  nextLabel: string
  /** Which rows these are, of how many. */
  range: string
  /** The choice of the page size. */
  size: ReactNode
}

/**
 * The position of a page in its list, with links to the previous and next one. A missing one stays visible and
 * disabled.
 */
export function Pager({ label, previous, next, previousLabel, nextLabel, range, size }: PagerProps) {
  return (
    <nav aria-label={label} className="flex flex-wrap items-center gap-2 border-line border-t px-4 py-2">
      <span className="mr-auto text-ink-muted text-xs tabular-nums">{range}</span>
      {size}
      {(previous || next) && (
        <span className="flex gap-2">
          <PagerLink href={previous}>
            <Icon of={ChevronLeft} className="size-4" />
            {previousLabel}
          </PagerLink>
          <PagerLink href={next}>
            {nextLabel}
            <Icon of={ChevronRight} className="size-4" />
          </PagerLink>
        </span>
      )}
    </nav>
  )
}

function PagerLink({ href, children }: { href: Route | null; children: ReactNode }) {
  if (href) {
    return (
      // A new key per page drops the focus, so that the next page is read from its top.
      <Link key={href} href={href} className={buttonClass('secondary')}>
        {children}
      </Link>
    )
  }
  return (
    <span aria-disabled="true" className={buttonClass('secondary')}>
      {children}
    </span>
  )
}
