import 'server-only'
import { operatorId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { isSameOperation, operationEventsMax } from './rules'
import type { EventItem, EventPage } from './schema'

const eventsShown = 50

/** Newest first, older than the event `before`. A page has about 50 events and never splits an operation. */
export async function listEvents(
  where: { imageId: string } | { shareId: string } | { instanceId: string },
  before?: string,
): Promise<EventPage> {
  const rows = await db().event.findMany({
    where: { ...where, ...(before ? { id: { lt: BigInt(before) } } : {}) },
    orderBy: { id: 'desc' },
    take: eventsShown + operationEventsMax + 1,
  })
  const events = rows.map(toEvent)
  const end = events.findIndex((event, index) => index >= eventsShown && !isSameOperation(events[index - 1], event))
  if (end < 0) return { items: events, older: null }
  return { items: events.slice(0, end), older: events[end - 1]?.id ?? null }
}

type EventRow = Awaited<ReturnType<ReturnType<typeof db>['event']['findMany']>>[number]

function toEvent(event: EventRow): EventItem {
  const details = plainDetails(event.details)
  // Only recipients accept. Acceptances recorded before `by` existed are masked as well.
  const isByRecipient = details.by === 'recipient' || event.action === 'share.accept'
  // A recipient's sub-account is shown as the recipient: the sharer must not learn who acts for it.
  const actor = isByRecipient && event.recipientName ? event.recipientName : event.actorName
  const by = event.actorId !== operatorId ? 'account' : event.actorName === operatorId ? 'operator' : 'console'
  return {
    id: event.id.toString(),
    at: event.at.toISOString(),
    action: event.action,
    by,
    actor,
    recipient: event.recipientName,
    snapshot: event.snapshotName,
    details,
  }
}

function plainDetails(details: unknown): Record<string, string | number> {
  if (typeof details !== 'object' || details === null) return {}
  const plain = Object.entries(details).filter(([, value]) => typeof value === 'string' || typeof value === 'number')
  return Object.fromEntries(plain)
}
