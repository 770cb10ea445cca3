import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import type { Prisma } from '@/lib/db/generated/client'
import type { Transaction } from '@/lib/db/transaction'
import type { EventAction } from './rules'

/** What an event says beside who, when and from where. Ids and names are text: they outlive what they name. */
export type EventFacts = {
  action: EventAction
  owner?: { id: string; username: string }
  regionId?: string
  image?: { id: string; name: string }
  shareId?: string
  recipient?: { id: string; username: string }
  details?: Prisma.InputJsonObject
}

/**
 * Records events in the transaction that does what they tell. The table is append-only: a trigger refuses UPDATE, DELETE
 * and TRUNCATE. Every noun's writes call this; it is the one write that crosses nouns.
 */
export async function recordEvents(tx: Transaction, ctx: Context, events: EventFacts[]): Promise<void> {
  await tx.event.createMany({
    data: events.map((event) => ({
      at: ctx.now,
      action: event.action,
      actorId: ctx.viewer.accountId,
      actorName: ctx.viewer.username,
      ownerId: event.owner?.id ?? ctx.viewer.ownerId,
      ownerName: event.owner?.username ?? ctx.viewer.ownerUsername,
      regionId: event.regionId,
      imageId: event.image?.id,
      imageName: event.image?.name,
      shareId: event.shareId,
      recipientId: event.recipient?.id,
      recipientName: event.recipient?.username,
      address: ctx.address,
      details: event.details ?? {},
    })),
  })
}
