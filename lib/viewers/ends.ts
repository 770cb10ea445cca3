/** Where the sockets of views are opened. No page and no route has this path, so Next leaves it to us. */
export const viewPath = '/api/socket'

/** Why a socket of a view was closed: codes that RFC 6455 leaves to applications, and its own for a server that ends. */
export const viewEnds = {
  /** The machine ended, or another viewer has taken the place. */
  ENDED: 4000,
  SIGNED_OUT: 4001,
  /** Used, too old, or not of this session. */
  TICKET_REFUSED: 4003,
  GONE: 4004,
  /** The browser has not read for too long. It can go on from where it was. */
  TOO_SLOW: 4008,
  FULL: 4009,
  NOT_RUNNING: 4010,
  ELSEWHERE: 4011,
  /** The account has as many views open as one may have, or the server as many as it can. */
  TOO_MANY: 4012,
  FAULT: 4013,
  LEAVING: 1001,
} as const
export type ViewEnd = keyof typeof viewEnds

/** The end that a close code stands for; null for any other code, such as that of a connection that broke. */
export function endOfCode(code: number): ViewEnd | null {
  const found = Object.entries(viewEnds).find(([, known]) => known === code)
  return found ? (found[0] as ViewEnd) : null
}

/** What the server says first, as text. Everything after it is bytes of the machine. */
export type ViewHello = {
  /** Where the first byte lies, counted from the machine's first. */
  offset: number
  /** How many bytes from there on were written before now. */
  replayed: number
  viewers: number
}
