import { ChevronLeft, ChevronRight } from 'lucide-react'
import type { Route } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { buttonClass } from './button-class'

type PagerProps = {
  label: string
  previous: Route | null
  next: Route | null
  previousLabel: string
  nextLabel: string
}

/** Links to the page before and after. A page that is not there leaves its place visible and off. */
export function Pager({ label, previous, next, previousLabel, nextLabel }: PagerProps) {
  if (!previous && !next) return null
  return (
    <nav aria-label={label} className="flex justify-end gap-2 border-line border-t px-4 py-2">
      <PagerLink href={previous}>
        <ChevronLeft aria-hidden className="size-4" />
        {previousLabel}
      </PagerLink>
      <PagerLink href={next}>
        {nextLabel}
        <ChevronRight aria-hidden className="size-4" />
      </PagerLink>
    </nav>
  )
}

function PagerLink({ href, children }: { href: Route | null; children: ReactNode }) {
  if (href) {
    return (
      <Link href={href} className={buttonClass('secondary')}>
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
