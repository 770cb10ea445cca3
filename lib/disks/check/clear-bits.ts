/** A range of a volume in bytes; `end` is exclusive. */
export type Range = { start: number; end: number }

/** Runs of zero bits in a bitmap, as byte ranges. Each bit stands for `unit` bytes; the first is at `at`. */
export function* clearBits(
  map: Uint8Array,
  { count, at, unit }: { count: number; at: number; unit: number },
): Generator<Range> {
  let start = -1
  for (let bit = 0; bit <= count; bit += 1) {
    const isFree = bit < count && ((map[bit >> 3] ?? 0xff) & (1 << (bit & 7))) === 0
    if (isFree && start < 0) start = bit
    if (!isFree && start >= 0) {
      yield { start: at + start * unit, end: at + bit * unit }
      start = -1
    }
  }
}
