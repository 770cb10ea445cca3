/** The source has more bytes than are taken. */
export class TooLarge extends Error {}

/** The store has no room beside its reserve. */
export class StoreFull extends Error {}

/** The store has no such key. */
export class NotStored extends Error {}

/** The store cannot be read or written: not mounted, not answering, or not letting us in. The cause says what it said. */
export class StoreUnreachable extends Error {}

/** The source is shorter or longer than was said, so what arrived is not what was meant. */
export class WrongSize extends Error {
  constructor(arrived: number, expected: number) {
    super(`${arrived} bytes arrived, and ${expected} were expected.`)
  }
}
