import type { Route } from 'next'
import { SortLink } from '@/components/ui/sort-link'
import type { Column } from '@/components/ui/table'
import type { CustomImageParams, ImageSort } from '@/lib/images/schema'
import { defaultPageSize } from '@/lib/pages'

/** The orders that the menu of a list offers, the usual one first. */
export const sharedSorts = ['-createdAt', 'createdAt'] as const satisfies ImageSort[]
export const customSorts = [
  ...sharedSorts,
  'name',
  '-name',
  'operatingSystem',
  '-operatingSystem',
  'virtualSize',
  '-virtualSize',
] as const satisfies ImageSort[]

/** What a column header needs to sort its list: ascending first, then the other way round. Sorting drops the cursor. */
export function sortLink<Row>(
  column: string,
  list: { sort: string },
  href: (sort: string) => Route,
  label: string,
): NonNullable<Column<Row>['sort']> {
  const order = list.sort === column ? 'ascending' : list.sort === `-${column}` ? 'descending' : null
  const next = href(order === 'ascending' ? `-${column}` : column)
  return { link: (header) => <SortLink href={next} label={label} order={order} header={header} />, order }
}

/** The order and the page size that a search keeps, where they are not the default. */
export function keptOrder({ sort, size }: { sort: string; size: number }) {
  return {
    sort: sort === '-createdAt' ? undefined : sort,
    size: size === defaultPageSize ? undefined : size,
  }
}

/** What a list of own images is asked for, from its first page on. */
export function withoutCursor({ q, state, os, tag, sort, size }: CustomImageParams) {
  return { q, state, os, tag, sort, size }
}
