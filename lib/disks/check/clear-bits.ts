/** A piece of a volume, in bytes. */
export type Range = { start: number; end: number }

/** Runs of bits of a map that are not set, as pieces of `unit` bytes for each bit, the first of which is at `at`. */
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
