import 'server-only'
import { systemContext } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { lockImages } from '@/lib/db/locks'
import { isOver } from '@/lib/db/shares'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { insertEvents } from '@/lib/events/writes'
import { ok } from '@/lib/result'
import { daysLeft, nextEndNotice } from './rules'

// Bounds one round of the sweep to seconds.
const imagesAtOnce = 500

type Ending = { imageId: string; ownerId: string; recipientIds: string[] }

/**
 * Rule 16: notifies both sides of shares that end in 7 days or in 1 day, once each, even if workers run concurrently or are killed:
 * one statement under the image's lock writes the event, whose trigger writes the notices, and the time of the next one.
 * Extending or ending a share takes the same lock. After a downtime only the last of the missed notices is written.
 */
export async function tellEndingShares(now: Date): Promise<void> {
  const images = await db().$queryRaw<Ending[]>`
    SELECT s."imageId", s."ownerId", array_agg(s."recipientId") AS "recipientIds" FROM "Share" s
    WHERE s."endNoticeAt" <= statement_timestamp() AND (${isOver}) IS NOT TRUE GROUP BY 1, 2
    ORDER BY min(s."endNoticeAt") LIMIT ${imagesAtOnce}`
  for (const image of images)
    await inTransaction(async (tx) => {
      await lockImages(tx, [image.ownerId, ...image.recipientIds], { ids: [image.imageId], ownerId: image.ownerId })
      await tellEnding(tx, now, image)
      return ok(null)
    })
}

type EndingRow = {
  id: string
  regionId: string
  imageName: string
  expiresAt: Date
  now: Date
  owner: { id: string; username: string }
  recipient: { id: string; username: string }
}

async function tellEnding(tx: Transaction, now: Date, { imageId, recipientIds }: Ending): Promise<void> {
  const rows = await tx.$queryRaw<EndingRow[]>`
    SELECT s.id, s."regionId", i.name AS "imageName", s."expiresAt", statement_timestamp() AS now,
      json_build_object('id', o.id, 'username', o.username) AS owner,
      json_build_object('id', r.id, 'username', r.username) AS recipient
    FROM "Share" s JOIN "Image" i ON i.id = s."imageId" JOIN "Account" o ON o.id = s."ownerId"
      JOIN "Account" r ON r.id = s."recipientId"
    WHERE s."imageId" = ${imageId} AND s."recipientId" = ANY(${recipientIds}::text[])
      AND s."endNoticeAt" <= statement_timestamp() AND (${isOver}) IS NOT TRUE ORDER BY s.id`
  const [first] = rows
  if (!first) return
  const events = rows.map(({ id, regionId, imageName, recipient, expiresAt, now }) => ({
    ...{ action: 'share.ending' as const, regionId, image: { id: imageId, name: imageName }, shareId: id, recipient },
    details: { days: daysLeft(expiresAt, now), until: expiresAt.toISOString() },
  }))
  const next = rows.map(({ expiresAt, now }) => nextEndNotice(expiresAt, now)?.toISOString() ?? null)
  await tx.$executeRaw`
    WITH told AS (
      UPDATE "Share" s SET "endNoticeAt" = told.next::timestamptz
      FROM unnest(${rows.map(({ id }) => id)}::text[], ${next}::text[]) AS told(id, next) WHERE s.id = told.id
    ) ${insertEvents(systemContext(first.owner, now), events)}`
}
