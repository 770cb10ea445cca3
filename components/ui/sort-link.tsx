import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide'
import type { Route } from 'next'
import Link from 'next/link'
import { classNames } from './class-names'
import { Icon } from './icon'

type SortLinkProps = { href: Route; label: string; order: 'ascending' | 'descending' | null; header: string }

/** The header of a sortable column. Only lists load it: most tables have one order. */
export function SortLink({ href, label, order, header }: SortLinkProps) {
  const icon = order === 'ascending' ? ArrowUp : order === 'descending' ? ArrowDown : ChevronsUpDown
  return (
    <Link
      href={href}
      aria-label={label}
      className="table-sort inline-flex items-center gap-1 rounded-sm hover:text-ink"
      scroll={false}
    >
      {header}
      <Icon of={icon} className={classNames('size-3', order === null && 'opacity-50')} />
    </Link>
  )
}
