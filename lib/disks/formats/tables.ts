import { type DiskRefusal, refuseDisk } from '../reasons'
import { exactNumber } from './format'

/** A table, and where the file says that it lies. */
export type Span = { table: string; at: bigint; bytes: number }
/** Bytes of a file, from `start` up to and without `end`. */
export type Range = { start: number; end: number }
/** What holds for the tables of a file: they end before `size`, begin at a multiple of `alignment` and are not too large. */
export type SpanRules = { size: number; alignment: number; bytesMax: number }

/** Whether a table may be read: null, or the refusal. The first unit of every file is its header's, so none begins at 0. */
export function refuseSpan(span: Span, { size, alignment, bytesMax }: SpanRules): DiskRefusal | null {
  if (span.bytes > bytesMax) return tooLarge(span.table, span.bytes, bytesMax)
  const at = exactNumber(span.at)
  if (at === null || at + span.bytes > size) return refuseDisk('table-outside-file', { table: span.table })
  return at === 0 || at % alignment !== 0 ? misplaced(span.table) : null
}

/** The bytes of a table that was found to be inside the file. */
export function rangeOf(span: Span): Range {
  return { start: Number(span.at), end: Number(span.at) + span.bytes }
}

/** Whether two ranges have a byte in common. */
export function overlaps(a: Range, b: Range): boolean {
  return a.start < b.end && b.start < a.end
}

/** Blocks of a disk, all of one size, at these places of the file. The places are put in order. */
export type Blocks = { places: Float64Array; bytes: number }

/**
 * Whether blocks lie inside the file, over no table and apart from each other: null, or the refusal. Then a disk can never be
 * larger than its file but for what is zeros, so no other limit on its growth is needed.
 */
export function refuseBlocks({ places, bytes }: Blocks, size: number, taken: readonly Range[]): DiskRefusal | null {
  places.sort()
  let end = 0
  for (const place of places) {
    if (place + bytes > size) return refuseDisk('truncated')
    if (place < end) return refuseDisk('shared-blocks')
    end = place + bytes
    if (taken.some((range) => overlaps(range, { start: place, end }))) return misplaced('block')
  }
  return null
}

/** The refusal of a table that lies over something else, or across the units that the file is divided into. */
export function misplaced(table: string): DiskRefusal {
  return refuseDisk('table-misplaced', { table })
}

/** The refusal of a table that would take more memory than an honest disk needs. */
export function tooLarge(table: string, bytes: number, bytesMax: number): DiskRefusal {
  return refuseDisk('table-too-large', {
    table,
    sizeMib: Math.ceil(bytes / 1024 ** 2),
    sizeMaxMib: bytesMax / 1024 ** 2,
  })
}
