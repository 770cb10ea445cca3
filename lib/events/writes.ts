import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { Prisma } from '@/lib/db/generated/client'
import type { Transaction } from '@/lib/db/transaction'
import { noticeKindsOf } from '@/lib/notices/rules'
import type { EventAction } from './rules'

/** The facts of an event besides actor, time and address. Ids and names are text, because they outlive their rows. */
export type EventFacts = {
  action: EventAction
  owner?: { id: string; username: string }
  regionId?: string
  image?: { id: string; name: string }
  shareId?: string
  recipient?: { id: string; username: string }
  instance?: { id: string; name: string }
  snapshot?: { id: string; name: string }
  details?: Prisma.InputJsonObject
}

function tellsOf({ action, details }: EventFacts) {
  const count = (value: unknown) => (typeof value === 'number' ? value : 0)
  const by = typeof details?.by === 'string' ? details.by : null
  return noticeKindsOf({ action, by, severe: count(details?.critical) + count(details?.high) })
}

/**
 * The statement that records events, for use within a larger statement. Its text is the same for any number of events.
 * A trigger of the table writes the notices.
 */
export function insertEvents(ctx: Context, events: EventFacts[]): Prisma.Sql {
  const rows = events.map(({ action, owner, regionId, image, shareId, recipient, instance, snapshot, details }) => ({
    action,
    ownerId: owner?.id ?? ctx.viewer.ownerId,
    ownerName: owner?.username ?? ctx.viewer.ownerUsername,
    regionId,
    imageId: image?.id,
    imageName: image?.name,
    shareId,
    recipientId: recipient?.id,
    recipientName: recipient?.username,
    instanceId: instance?.id,
    instanceName: instance?.name,
    snapshotId: snapshot?.id,
    snapshotName: snapshot?.name,
    details: details ?? {},
    noticeKinds: tellsOf({ action, ...(details && { details }) }),
  }))
  const { accountId, username } = ctx.viewer
  return Prisma.sql`
    INSERT INTO "Event" (at, action, "actorId", "actorName", "ownerId", "ownerName", "regionId", "imageId", "imageName", "shareId",
      "recipientId", "recipientName", "instanceId", "instanceName", "snapshotId", "snapshotName", address, details, "noticeKinds")
    SELECT ${ctx.now}::timestamptz, action, ${accountId}, ${username}, "ownerId", "ownerName", "regionId", "imageId", "imageName",
      "shareId", "recipientId", "recipientName", "instanceId", "instanceName", "snapshotId", "snapshotName", ${ctx.address}, details, "noticeKinds"
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS facts(action text, "ownerId" text, "ownerName" text, "regionId" text,
      "imageId" text, "imageName" text, "shareId" text, "recipientId" text, "recipientName" text,
      "instanceId" text, "instanceName" text, "snapshotId" text, "snapshotName" text, details jsonb, "noticeKinds" jsonb)`
}

/**
 * Records events in the operation's transaction. The table is append-only: a trigger refuses UPDATE, DELETE and TRUNCATE.
 * Every noun's writes call this; it is the one write that crosses nouns.
 */
export async function recordEvents(tx: Transaction, ctx: Context, events: EventFacts[]): Promise<void> {
  await tx.$executeRaw(insertEvents(ctx, events))
}
