// Pages of lists, without zod, so that the browser can use it too.

export const defaultPageSize = 25
/** The page sizes of a list. */
export const pageSizes = [defaultPageSize, 50, 100] as const

/** Rows are counted up to this number; a longer list says "more than", so that counting has a bounded cost. */
export const countedMax = 1_000

/** The position of a page: the number of its first row and of all rows; null beyond `countedMax`. */
export type PageRange = { from: number | null; total: number | null }
