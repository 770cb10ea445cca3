import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { addJobIn } from '@/lib/jobs/queue'
import { newWebhookSecret } from '@/lib/outbound/signature'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { deliveryAfter, noticeDetails, webhookTriesMax, webhookWait } from './rules'
import type { ResendInput, WebhookInput } from './schema'

type WebhookRefusal = RefusalOf<'NOT_PERMITTED' | 'BUSY'>

const mastersOnly = { code: 'NOT_PERMITTED', policy: null, region: null } as const

/** Sets where the notices of a master account are posted to, from now on. A new webhook gets a secret, another address keeps it. */
export async function setWebhook(ctx: Context, { url }: WebhookInput): Promise<Result<null, WebhookRefusal>> {
  if (ctx.viewer.kind !== 'MASTER') return refuse(mastersOnly)
  const ownerId = ctx.viewer.ownerId
  const created = { ownerId, url, secret: newWebhookSecret(), createdAt: ctx.now, updatedAt: ctx.now }
  await db().webhook.upsert({ where: { ownerId }, create: created, update: { url, updatedAt: ctx.now } })
  return ok(null)
}

/** Removes the webhook of a master account, if it still has this address, with its deliveries. What is being sent at this moment may still arrive. */
export async function removeWebhook(ctx: Context, { url }: WebhookInput): Promise<Result<null, WebhookRefusal>> {
  if (ctx.viewer.kind !== 'MASTER') return refuse(mastersOnly)
  await db().webhook.deleteMany({ where: { ownerId: ctx.viewer.ownerId, url } })
  return ok(null)
}

/** Sends a delivery again, with all its tries; its id stays the same, so a receiver knows that it has it. */
export async function resendDelivery(
  ctx: Context,
  { deliveryId }: ResendInput,
): Promise<Result<null, WebhookRefusal | RefusalOf<'DELIVERY_NOT_FOUND'>>> {
  if (ctx.viewer.kind !== 'MASTER') return refuse(mastersOnly)
  return await inTransaction(async (tx) => {
    const found = await tx.$executeRaw`
      UPDATE "WebhookDelivery" SET state = 'waiting', tries = 0, "dueAt" = clock_timestamp()
      WHERE id = ${deliveryId}::bigint AND "ownerId" = ${ctx.viewer.ownerId}`
    if (found === 0) return refuse({ code: 'DELIVERY_NOT_FOUND' })
    await addJobIn(tx, 'send-webhook', { deliveryId }, 0)
    return ok(null)
  })
}

export type ClaimedDelivery = { url: string; secret: string; tries: number; body: string }

type ClaimedRow = {
  url: string
  secret: string
  tries: number
  kind: string
  at: Date
  ownerId: string
  eventOwnerId: string
  ownerName: string
  recipientName: string | null
  regionId: string | null
  imageId: string | null
  imageName: string | null
  details: unknown
}

/**
 * Takes a delivery that is due, for one try. The same transaction enqueues the next, so that a worker that dies while it sends
 * loses nothing, and no second one sends meanwhile. Null: it has ended, or is not due. One that had its last try is given up.
 */
export async function claimDelivery(deliveryId: string): Promise<ClaimedDelivery | null> {
  const claimed = await inTransaction(async (tx) => {
    await tx.$executeRaw`
      UPDATE "WebhookDelivery" SET state = 'failed', "dueAt" = NULL
      WHERE id = ${deliveryId}::bigint AND state = 'waiting' AND tries >= ${webhookTriesMax} AND "dueAt" <= clock_timestamp()`
    const [due] = await tx.$queryRaw<{ tries: number }[]>`
      SELECT tries FROM "WebhookDelivery" WHERE id = ${deliveryId}::bigint AND state = 'waiting'
        AND "dueAt" <= clock_timestamp() FOR UPDATE`
    if (!due) return ok(null)
    const tries = due.tries + 1
    const seconds = webhookWait(tries)
    const [row] = await tx.$queryRaw<ClaimedRow[]>`
      UPDATE "WebhookDelivery" d SET tries = ${tries}, "triedAt" = clock_timestamp(),
        "dueAt" = clock_timestamp() + ${seconds} * interval '1 second'
      FROM "Webhook" w, "Event" e WHERE d.id = ${deliveryId}::bigint AND w."ownerId" = d."ownerId" AND e.id = d."eventId"
      RETURNING w.url, w.secret, d.tries, d.kind, d.at, d."ownerId", e."ownerId" AS "eventOwnerId", e."ownerName", e."recipientName",
        e."regionId", e."imageId", e."imageName", e.details`
    if (!row) return ok(null)
    // A second later than due, so that the job does not come too early by the rounding of a clock.
    await addJobIn(tx, 'send-webhook', { deliveryId }, seconds + 1)
    return ok({ url: row.url, secret: row.secret, tries, body: bodyOf(row) })
  })
  if (!claimed.ok) throw new Error(claimed.refusal.code)
  return claimed.value
}

/** The message: the kind of the notice, when it happened, and what its reader may know of it. */
function bodyOf(row: ClaimedRow): string {
  const isOwner = row.ownerId === row.eventOwnerId
  const image = row.imageId === null ? null : { id: row.imageId, name: row.imageName }
  const data = {
    side: isOwner ? 'owner' : 'recipient',
    other: isOwner ? row.recipientName : row.ownerName,
    region: row.regionId,
    image,
    details: noticeDetails(row.details),
  }
  return JSON.stringify({ type: row.kind, timestamp: row.at.toISOString(), data })
}

/** Records how a try went: `answer` is the status or a code. A try that somebody has asked to repeat meanwhile changes nothing. */
export async function settleDelivery(
  deliveryId: string,
  { tries, status, answer }: { tries: number; status: number | null; answer: string },
): Promise<void> {
  const state = deliveryAfter(tries, status)
  await db().$executeRaw`
    UPDATE "WebhookDelivery" SET answer = ${answer}, state = ${state}::"DeliveryState",
      "dueAt" = CASE WHEN ${state} = 'waiting' THEN "dueAt" END
    WHERE id = ${deliveryId}::bigint AND state = 'waiting' AND tries = ${tries}`
}

/** Enqueues deliveries that are due and whose jobs are gone, as after a restore: a backup has the deliveries and not the queue. */
export async function requeueDeliveries(): Promise<void> {
  const due = await db().$queryRaw<{ id: bigint }[]>`
    SELECT id FROM "WebhookDelivery" WHERE state = 'waiting' AND "dueAt" < clock_timestamp() - interval '10 minutes'
    ORDER BY "dueAt" LIMIT 1000`
  for (const { id } of due)
    await inTransaction(async (tx) => ok(await addJobIn(tx, 'send-webhook', { deliveryId: id.toString() }, 0)))
}
