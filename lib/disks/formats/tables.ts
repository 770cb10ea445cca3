import { type DiskRefusal, refuseDisk } from '../reasons'
import { exactNumber } from './format'

export type Span = { table: string; at: bigint; bytes: number }
export type Range = { start: number; end: number }
export type SpanRules = { size: number; alignment: number; bytesMax: number }

/** Refuses a table that must not be read; null if it may. No table begins at 0, as every file begins with its header. */
export function refuseSpan(span: Span, { size, alignment, bytesMax }: SpanRules): DiskRefusal | null {
  if (span.bytes > bytesMax) return tooLarge(span.table, span.bytes, bytesMax)
  const at = exactNumber(span.at)
  if (at === null || at + span.bytes > size) return refuseDisk('table-outside-file', { table: span.table })
  return at === 0 || at % alignment !== 0 ? misplaced(span.table) : null
}

/** The byte range of a table that was found to be inside the file. */
export function rangeOf(span: Span): Range {
  return { start: Number(span.at), end: Number(span.at) + span.bytes }
}

/** Whether two ranges share a byte. */
export function overlaps(a: Range, b: Range): boolean {
  return a.start < b.end && b.start < a.end
}

/** Blocks of equal size at these offsets in the file. The offsets get sorted. */
export type Blocks = { places: Float64Array; bytes: number }

/** Refuses blocks that are outside the file or overlap a table or each other. So a disk exceeds its file only by zeros. */
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

/** The refusal of a table that overlaps another or is not aligned. */
export function misplaced(table: string): DiskRefusal {
  return refuseDisk('table-misplaced', { table })
}

/** The refusal of a table that would take more memory than a real disk needs. */
export function tooLarge(table: string, bytes: number, bytesMax: number): DiskRefusal {
  return refuseDisk('table-too-large', {
    table,
    sizeMib: Math.ceil(bytes / 1024 ** 2),
    sizeMaxMib: bytesMax / 1024 ** 2,
  })
}

/** Cluster size of the converted disk. A smaller block fills a whole cluster there. */
export const writtenAnew = 2 ** 16

/** How many blocks may share one offset of the file, on average. Normal is one; the second allows for the inexact count. */
export const sharersMax = 2

/** Counts distinct offsets approximately: a few collide. A bit set instead of a Set, since there may be 16 million. */
export class PlaceCount {
  private readonly bits: Uint8Array
  private readonly mask: number
  private found = 0

  constructor(atMost: number) {
    const bits = 2 ** Math.min(27, Math.max(16, Math.ceil(Math.log2(atMost * 8))))
    this.bits = new Uint8Array(bits / 8)
    this.mask = bits - 1
  }

  add(place: number): void {
    // Fibonacci hashing of both words spreads neighbouring offsets.
    const low = Math.imul(place % 2 ** 32, 0x9e3779b1)
    const bit = ((low ^ (low >>> 15)) + Math.imul(Math.floor(place / 2 ** 32), 0x85ebca6b)) & this.mask
    const at = bit >>> 3
    const before = this.bits[at] ?? 0
    const after = before | (1 << (bit & 7))
    if (after === before) return
    this.bits[at] = after
    this.found += 1
  }

  count(): number {
    return this.found
  }
}
