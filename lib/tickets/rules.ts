/** The views of a machine. */
export const viewKinds = ['console', 'screen'] as const
export type ViewKindName = (typeof viewKinds)[number]

/** Rule 24: an unused ticket expires after this long. */
export const ticketMs = 30_000
/** The most unused tickets of a session: each reconnect of each view in each tab takes one. */
export const ticketsMax = 20
/** 32 random bytes as base64url. */
export const ticketPattern = /^[A-Za-z0-9_-]{43}$/
