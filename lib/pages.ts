// What the pages of a list are, for the browser too: no library behind it.

export const defaultPageSize = 25
/** How many rows a page may have. */
export const pageSizes = [defaultPageSize, 50, 100] as const

/** A list is counted this far; what is longer is "more than" that, so that counting costs the same however long it is. */
export const countedMax = 1_000

/** Where a page lies in its list: the number of its first row and of all rows; null beyond `countedMax`. */
export type PageRange = { from: number | null; total: number | null }
