import type { Route } from 'next'
import type { Column } from '@/components/ui/table'

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
