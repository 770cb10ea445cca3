'use client'

import { ArrowDown, ArrowUp, ChevronsUpDown } from 'lucide-react'
import type { Route } from 'next'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { classNames } from './class-names'

export type Column<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  /** Numbers stand at the right. */
  align?: 'right'
  width?: string
  /** The link that sorts by this column, and how the list is sorted by it now. */
  sort?: { href: Route; label: string; order: 'ascending' | 'descending' | null }
}

type TableProps<Row> = {
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  empty: ReactNode
}

/**
 * A plain table. Its first column is the row's header and its lead on a phone, where every row becomes a card. The roles
 * are written out because a browser drops them from a table whose display is not a table's.
 */
export function Table<Row>({ caption, columns, rows, rowKey, empty }: TableProps<Row>) {
  if (rows.length === 0) return empty
  return (
    <table role="table" className="table-cards w-full border-collapse text-left text-sm max-md:block">
      <caption className="sr-only">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <HeaderCell key={column.id} column={column} />
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            role="row"
            className="group h-11 border-line border-t transition-colors hover:bg-surface-hover"
          >
            {columns.map((column, index) => (
              <td
                key={column.id}
                role="cell"
                data-label={column.header}
                data-lead={index === 0 || undefined}
                className={classNames(
                  'px-4 py-1 align-middle [overflow-wrap:anywhere]',
                  column.align === 'right' && 'text-right tabular-nums',
                )}
              >
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function HeaderCell<Row>({ column }: { column: Column<Row> }) {
  const { sort } = column
  const Icon = sort?.order === 'ascending' ? ArrowUp : sort?.order === 'descending' ? ArrowDown : ChevronsUpDown
  return (
    <th
      scope="col"
      role="columnheader"
      aria-sort={sort ? (sort.order ?? 'none') : undefined}
      style={column.width ? { width: column.width } : undefined}
      className={classNames(
        'sticky top-12 z-10 h-9 whitespace-nowrap bg-surface-raised px-4 font-medium text-ink-muted text-xs',
        column.align === 'right' && 'text-right',
      )}
    >
      {sort ? (
        <Link
          href={sort.href}
          aria-label={sort.label}
          className="inline-flex items-center gap-1 rounded-sm hover:text-ink"
          scroll={false}
        >
          {column.header}
          <Icon aria-hidden className={classNames('size-3', sort.order === null && 'opacity-50')} />
        </Link>
      ) : (
        column.header
      )}
    </th>
  )
}
