import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { env } from '@/lib/env'
import { addJobIn, webhookQueue } from '@/lib/jobs/queue'
import { newWebhookSecret } from '@/lib/outbound/signature'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { deliveryAfter, noticeDetails, resendWaitSeconds, webhookTriesMax, webhookWait } from './rules'
import type { ResendInput, WebhookInput } from './schema'

type WebhookRefusal = RefusalOf<'NOT_PERMITTED' | 'BUSY'>

const mastersOnly = { code: 'NOT_PERMITTED', policy: null, region: null } as const

/**
 * Sets the URL that a master account's notices are posted to from now on. A new webhook gets a secret; another URL keeps it. A URL
 * without TLS is INVALID_INPUT, unless the operator allows private networks.
 */
export async function setWebhook(
  ctx: Context,
  { url }: WebhookInput,
): Promise<Result<null, WebhookRefusal | RefusalOf<'INVALID_INPUT'>>> {
  if (ctx.viewer.kind !== 'MASTER') return refuse(mastersOnly)
  if (new URL(url).protocol !== 'https:' && env().ECS_WEBHOOK_PRIVATE !== 'allow')
    return refuse({ code: 'INVALID_INPUT', field: 'url', problem: 'no-tls' })
  const ownerId = ctx.viewer.ownerId
  const created = { ownerId, url, secret: newWebhookSecret(), createdAt: ctx.now, updatedAt: ctx.now }
  await db().webhook.upsert({ where: { ownerId }, create: created, update: { url, updatedAt: ctx.now } })
  return ok(null)
}

/** Removes a master account's webhook, if it still has this URL, with its deliveries. A post in flight may still arrive. */
export async function removeWebhook(ctx: Context, { url }: WebhookInput): Promise<Result<null, WebhookRefusal>> {
  if (ctx.viewer.kind !== 'MASTER') return refuse(mastersOnly)
  await db().webhook.deleteMany({ where: { ownerId: ctx.viewer.ownerId, url } })
  return ok(null)
}

/**
 * Sends a delivery again, with all its tries and the same id, by which a receiver recognises it. Refuses DELIVERY_NOT_FOUND
 * for another account's, and DELIVERY_IN_PROGRESS while it is retried by itself or was tried a moment ago, so that nobody can
 * make the console post without end.
 */
export async function resendDelivery(
  ctx: Context,
  { deliveryId }: ResendInput,
): Promise<Result<null, WebhookRefusal | RefusalOf<'DELIVERY_NOT_FOUND' | 'DELIVERY_IN_PROGRESS'>>> {
  if (ctx.viewer.kind !== 'MASTER') return refuse(mastersOnly)
  const { ownerId } = ctx.viewer
  return await inTransaction(async (tx) => {
    const isThere = await tx.webhookDelivery.count({ where: { id: BigInt(deliveryId), ownerId } })
    if (!isThere) return refuse({ code: 'DELIVERY_NOT_FOUND' })
    const begun = await tx.$executeRaw`
      UPDATE "WebhookDelivery" SET state = 'waiting', tries = 0, "dueAt" = clock_timestamp()
      WHERE id = ${deliveryId}::bigint AND "ownerId" = ${ownerId} AND state <> 'waiting'
        AND coalesce("triedAt" <= clock_timestamp() - ${resendWaitSeconds} * interval '1 second', true)`
    if (begun === 0) return refuse({ code: 'DELIVERY_IN_PROGRESS' })
    await addJobIn(tx, 'send-webhook', { deliveryId }, { seconds: 0, queue: webhookQueue(ownerId) })
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
  isHeld: boolean
  details: unknown
}

/**
 * Claims a due delivery for one try. The same transaction enqueues the next try, so a worker that dies while sending loses
 * nothing, and no other one sends meanwhile. Null: it has ended, or is not due. A delivery that had its last try is failed.
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
        e."regionId", e."imageId", e."imageName", e.details, EXISTS (SELECT FROM "HeldShare" s
          WHERE s."imageId" = e."imageId" AND s."recipientId" = d."ownerId") AS "isHeld"`
    if (!row) return ok(null)
    // A second after it is due, because rounding could make the job run too early.
    await addJobIn(tx, 'send-webhook', { deliveryId }, { seconds: seconds + 1, queue: webhookQueue(row.ownerId) })
    return ok({ url: row.url, secret: row.secret, tries, body: bodyOf(row) })
  })
  if (!claimed.ok) throw new Error(claimed.refusal.code)
  return claimed.value
}

/**
 * The message: the notice's kind, when it happened, and what its reader may know of it. A recipient gets the id of an
 * image only while it is shared with it and accepted.
 */
function bodyOf(row: ClaimedRow): string {
  const isOwner = row.ownerId === row.eventOwnerId
  const image = row.imageName === null ? null : { id: isOwner || row.isHeld ? row.imageId : null, name: row.imageName }
  const data = {
    side: isOwner ? 'owner' : 'recipient',
    other: isOwner ? row.recipientName : row.ownerName,
    region: row.regionId,
    image,
    details: noticeDetails(row.details),
  }
  return JSON.stringify({ type: row.kind, timestamp: row.at.toISOString(), data })
}

/** Records the outcome of a try: `answer` is the status or a code. Nothing changes if a resend was requested meanwhile. */
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

/** Enqueues due deliveries without a job, as after a restore: a backup contains deliveries but not the queue. */
export async function requeueDeliveries(): Promise<void> {
  const due = await db().$queryRaw<{ id: bigint; ownerId: string }[]>`
    SELECT id, "ownerId" FROM "WebhookDelivery" WHERE state = 'waiting' AND "dueAt" < clock_timestamp() - interval '10 minutes'
    ORDER BY "dueAt" LIMIT 1000`
  for (const { id, ownerId } of due) {
    const when = { seconds: 0, queue: webhookQueue(ownerId) }
    await inTransaction(async (tx) => ok(await addJobIn(tx, 'send-webhook', { deliveryId: id.toString() }, when)))
  }
}

/**
 * Unlocks the queues of workers that died while sending. A try takes seconds, but the queue would keep a lock for four
 * hours, and with it all later deliveries of the account.
 */
export async function unlockDeliveries(): Promise<void> {
  await db().$executeRaw`
    SELECT graphile_worker.force_unlock_workers(array_agg(locked_by)) FROM graphile_worker.jobs
    WHERE task_identifier = 'send-webhook' AND locked_at < now() - interval '2 minutes'`
}
