export type EventItem = {
  id: string
  at: string
  action: string
  /** An account by its username, the operator at the command line, or the console itself. */
  by: 'account' | 'operator' | 'console'
  actor: string
  recipient: string | null
  /** The name of the snapshot that it is about. */
  snapshot: string | null
  details: Record<string, string | number>
}

/** A page of events, newest first. `older`: the id of the last one if there are more; the next page begins after it. */
export type EventPage = { items: EventItem[]; older: string | null }
