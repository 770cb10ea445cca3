/** The interval at which lists are refetched without a stream of changes. */
export const withoutStreamMs = 8_000
/** The interval with a stream, for changes that send no event. */
const beside = 60_000

let hasStream = false

/** Records whether the page has a stream of changes. */
export function noteStream(isOpen: boolean): void {
  hasStream = isOpen
}

/** The refetch interval, in milliseconds, of a list without running work: a `refetchInterval`. */
export function calmInterval(): number {
  return hasStream ? beside : withoutStreamMs
}
