/** The source has more bytes than the limit. */
export class TooLarge extends Error {}

/** The store has no space beyond its reserve. */
export class StoreFull extends Error {}

/** The store has no such key. */
export class NotStored extends Error {}

/** The store cannot be read or written. The message is for the operator; tenants never see it. */
export class StoreUnreachable extends Error {}

/** The store answers, but refuses the request; a retry would be refused too. */
export class StoreRefused extends StoreUnreachable {}

/** The source is shorter or longer than announced, so its content is wrong. */
export class WrongSize extends Error {
  constructor(arrived: number, expected: number) {
    super(`${arrived} bytes arrived, and ${expected} were expected.`)
  }
}
