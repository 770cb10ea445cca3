/** The source has more bytes than are taken. */
export class TooLarge extends Error {}

/** The store has no room beside its reserve. */
export class StoreFull extends Error {}
