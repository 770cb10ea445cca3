/** How often lists are read again without a stream of changes. */
export const withoutStreamMs = 8_000
/** With one it is for what no event tells of. */
const beside = 60_000

let hasStream = false

/** Records whether the page has a stream of changes. */
export function noteStream(isOpen: boolean): void {
  hasStream = isOpen
}

/** The time between two reads of a list that rests, in milliseconds: a `refetchInterval`. */
export function calmInterval(): number {
  return hasStream ? beside : withoutStreamMs
}
