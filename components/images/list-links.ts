import type { Route } from 'next'
import type { Column } from '@/components/ui/table'
import type { ImageSort } from '@/lib/images/schema'
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
  return { href: href(order === 'ascending' ? `-${column}` : column), label, order }
}

/** The order and the page size that a search keeps, where they are not the default. */
export function keptOrder({ sort, size }: { sort: string; size: number }) {
  return {
    sort: sort === '-createdAt' ? undefined : sort,
    size: size === defaultPageSize ? undefined : size,
  }
}
