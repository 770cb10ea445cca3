'use client'

import type { ReactNode } from 'react'
import { classNames } from './class-names'

export type Column<Row> = {
  id: string
  header: string
  cell: (row: Row) => ReactNode
  /** Numbers are right-aligned. */
  align?: 'right'
  /** Shown only in wide tables; elsewhere its text is in the first column, or a line of a card. */
  isWideOnly?: boolean
  /** Takes the remaining width, and is the title of a card. By default the first column. */
  isLead?: boolean
  /** The place in a card: next to the name, half a line, or below the rest without a label. By default a line. */
  card?: 'corner' | 'half' | 'foot'
  /** The link that sorts by this column (components/ui/sort-link.tsx), and the list's current order by it. */
  sort?: { link: (header: string) => ReactNode; order: 'ascending' | 'descending' | null }
}

/** A first column with a checkbox for each row (components/ui/select-row.tsx). */
export type RowSelection<Row> = { header: string; cell: (row: Row) => ReactNode }

type TableProps<Row> = {
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  empty: ReactNode
  selection?: RowSelection<Row>
}

/**
 * A table that fits its container: words do not break, the first column takes the remaining width and is the row's
 * header, and in a narrow container rows become cards. Roles are explicit because browsers drop them from tables with
 * another display.
 */
export function Table<Row>({ caption, columns, rows, rowKey, empty, selection }: TableProps<Row>) {
  if (rows.length === 0) return empty
  const lead = Math.max(
    0,
    columns.findIndex(({ isLead }) => isLead),
  )
  return (
    <div className="table-room">
      <table role="table" className="table-cards w-full border-collapse text-left text-sm">
        <caption className="sr-only">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {selection && (
              <th scope="col" role="columnheader" data-select className="sticky top-12 z-10 h-9 bg-surface-raised">
                <span className="sr-only">{selection.header}</span>
              </th>
            )}
            {columns.map((column, index) => (
              <HeaderCell key={column.id} column={column} isLead={index === lead} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr
              key={rowKey(row)}
              role="row"
              className="group h-11 border-line border-t transition-colors hover:bg-surface-hover has-[[data-marked]]:bg-ok-soft has-[[data-select]:checked]:bg-accent-soft"
            >
              {selection && (
                <td role="cell" data-select className="py-1 align-middle">
                  {selection.cell(row)}
                </td>
              )}
              {columns.map((column, index) => (
                <td
                  key={column.id}
                  role="cell"
                  data-label={column.header}
                  data-lead={index === lead || undefined}
                  data-wide={column.isWideOnly || undefined}
                  data-card={column.card}
                  data-operation={column.id === 'operation' || undefined}
                  className={classNames('py-1 align-middle', column.align === 'right' && 'text-right tabular-nums')}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function HeaderCell<Row>({ column, isLead }: { column: Column<Row>; isLead: boolean }) {
  const { sort } = column
  return (
    <th
      scope="col"
      role="columnheader"
      aria-sort={sort ? (sort.order ?? 'none') : undefined}
      data-lead={isLead || undefined}
      data-wide={column.isWideOnly || undefined}
      data-operation={column.id === 'operation' || undefined}
      className={classNames(
        'sticky top-12 z-10 h-9 whitespace-nowrap bg-surface-raised font-medium text-ink-muted text-xs',
        column.align === 'right' && 'text-right',
      )}
    >
      {sort?.link(column.header)}
      <span className={sort ? 'table-unsorted' : undefined}>{column.header}</span>
    </th>
  )
}
