export type EventItem = {
  id: string
  at: string
  action: string
  /** Who acted: an account, the operator on the command line, or the console itself. */
  by: 'account' | 'operator' | 'console'
  actor: string
  recipient: string | null
  /** The name of the snapshot, for events about one. */
  snapshot: string | null
  details: Record<string, string | number>
}

/** A page of events, newest first. `older`: its last id if there are more, which is `before` of the next page. */
export type EventPage = { items: EventItem[]; older: string | null }
