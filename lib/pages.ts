// Pages of a list, for the browser too: without zod.

export const defaultPageSize = 25
/** How many rows a page may have. */
export const pageSizes = [defaultPageSize, 50, 100] as const

/** Rows are counted up to this number; a longer list says "more than", so that counting has a bounded cost. */
export const countedMax = 1_000

/** The position of a page: the number of its first row and of all rows; null beyond `countedMax`. */
export type PageRange = { from: number | null; total: number | null }
