/** The source has more bytes than are taken. */
export class TooLarge extends Error {}

/** The store has no room beside its reserve. */
export class StoreFull extends Error {}

/** The store has no such key. */
export class NotStored extends Error {}

/**
 * The store cannot be read or written: it is not mounted, does not answer or does not let us in. The message is for the
 * operator: where the store is, what it answered and what to check. Tenants never see it.
 */
export class StoreUnreachable extends Error {}

/** The store answers, and refuses the request. The same request gets the same answer, so nothing tries it again. */
export class StoreRefused extends StoreUnreachable {}

/** The source is shorter or longer than was said, so what arrived is not what was meant. */
export class WrongSize extends Error {
  constructor(arrived: number, expected: number) {
    super(`${arrived} bytes arrived, and ${expected} were expected.`)
  }
}
