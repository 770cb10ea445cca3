/** The path of the views' WebSockets. No page and no route has it, so Next.js does not handle it. */
export const viewPath = '/api/socket'

/** Why a view's socket was closed: close codes for applications (RFC 6455), and its own for a server that ends. */
export const viewEnds = {
  /** The machine ended, or another viewer took this place. */
  ENDED: 4000,
  SIGNED_OUT: 4001,
  /** The ticket was used, expired, or of another session. */
  TICKET_REFUSED: 4003,
  GONE: 4004,
  /** The browser has not read for too long. It can continue from its last byte. */
  TOO_SLOW: 4008,
  FULL: 4009,
  NOT_RUNNING: 4010,
  ELSEWHERE: 4011,
  /** The account or the server has the most views that may be open. */
  TOO_MANY: 4012,
  FAULT: 4013,
  LEAVING: 1001,
} as const
export type ViewEnd = keyof typeof viewEnds

/** The reason behind a close code; null for any other code, such as that of a broken connection. */
export function endOfCode(code: number): ViewEnd | null {
  const found = Object.entries(viewEnds).find(([, known]) => known === code)
  return found ? (found[0] as ViewEnd) : null
}

/** The server's first message, as text. Everything after it is the machine's bytes. */
export type ViewHello = {
  /** The position of the first byte, counted from the machine's first. */
  offset: number
  /** How many of the following bytes are older than this connection. */
  replayed: number
  viewers: number
}
