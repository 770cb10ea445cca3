import type { Route } from 'next'
import { SortLink } from '@/components/ui/sort-link'
import type { Column } from '@/components/ui/table'
import type { CustomImageParams, ImageSort } from '@/lib/images/schema'
import { defaultPageSize } from '@/lib/pages'

/** The sort orders of the list's menu, the default first. */
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

/** The link of a sortable column header: ascending first, then toggling. Drops the cursor. */
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

/** Sort order and page size for a search form, where they are not the default. */
export function keptOrder({ sort, size }: { sort: string; size: number }) {
  return {
    sort: sort === '-createdAt' ? undefined : sort,
    size: size === defaultPageSize ? undefined : size,
  }
}

/** The parameters of a list of own images without its cursor. */
export function withoutCursor({ q, state, os, tag, sort, size }: CustomImageParams) {
  return { q, state, os, tag, sort, size }
}
