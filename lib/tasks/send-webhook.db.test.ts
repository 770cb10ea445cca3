import { Webhook } from 'standardwebhooks'
import { afterEach, expect, it, vi } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { getWebhook } from '@/lib/notices/reads'
import { webhookTriesMax } from '@/lib/notices/rules'
import {
  claimDelivery,
  removeWebhook,
  requeueDeliveries,
  resendDelivery,
  setWebhook,
  unlockDeliveries,
} from '@/lib/notices/writes-webhook'
import { ok } from '@/lib/result'
import { account, nth, somebodyWaits, type TestAccount } from '@/lib/testing/builders'
import { closeEndpoints, endpoint, status } from '@/lib/testing/endpoint'
import { sendWebhook } from './send-webhook'

vi.hoisted(() => {
  process.env.ECS_WEBHOOK_PRIVATE = 'allow'
})

afterEach(closeEndpoints)

/** A master account with a webhook and a pending delivery. */
async function waiting(url: string): Promise<{ who: TestAccount; id: string }> {
  const [who, other] = [await account(), await account()]
  expect(await setWebhook(who.ctx, { url })).toEqual(ok(null))
  const event = { action: 'share.create' as const, recipient: who, image: { id: 'img-aaaaaaaaaa', name: 'web-01' } }
  const details = { reason: 'a secret of the sharer', by: 'sharer' }
  await inTransaction(async (tx) => ok(await recordEvents(tx, other.ctx, [{ ...event, details }])))
  const { id } = await db().webhookDelivery.findFirstOrThrow({ where: { ownerId: who.id } })
  return { who, id: id.toString() }
}

async function rowOf(id: string) {
  return await db().webhookDelivery.findUniqueOrThrow({ where: { id: BigInt(id) } })
}

/** Makes the next try due. */
async function timePasses(id: string): Promise<void> {
  await db().$executeRaw`UPDATE "WebhookDelivery" SET "dueAt" = clock_timestamp() WHERE id = ${id}::bigint`
}

/** Sets the last try back by so many seconds. */
async function tried(id: string, seconds: number): Promise<void> {
  await db().$executeRaw`
    UPDATE "WebhookDelivery" SET "triedAt" = clock_timestamp() - ${seconds} * interval '1 second' WHERE id = ${id}::bigint`
}

it('a notice is posted in the Standard Webhooks format, without facts that its reader may not see', async () => {
  const { got, url } = await endpoint(status(204))
  const { who, id } = await waiting(url)
  await sendWebhook(id)
  const { headers, body } = nth(got, 0)
  const page = await getWebhook(who.ctx)
  const read = new Webhook(page?.webhook?.secret ?? '').verify(body, headers)
  expect(read).toMatchObject({ type: 'share.received', data: { side: 'recipient', image: { name: 'web-01' } } })
  expect(body).not.toContain('secret of the sharer')
  expect(headers['webhook-id']).toBe(`msg_${id}`)
  expect(() => new Webhook(page?.webhook?.secret ?? '').verify(body.replace('web-01', 'web-02'), headers)).toThrow()
  expect(await rowOf(id)).toMatchObject({ state: 'delivered', tries: 1, answer: '204', dueAt: null })
  await sendWebhook(id)
  expect(got).toHaveLength(1)
})

it('a refused delivery is tried 8 times over 24 hours, with growing intervals, and then given up', async () => {
  const { got, url } = await endpoint(status(500))
  const { id } = await waiting(url)
  const waits: number[] = []
  for (let tries = 1; tries <= webhookTriesMax; tries++) {
    await timePasses(id)
    await sendWebhook(id)
    const { state, dueAt, triedAt } = await rowOf(id)
    expect(state).toBe(tries === webhookTriesMax ? 'failed' : 'waiting')
    if (dueAt && triedAt) waits.push(Math.round((dueAt.getTime() - triedAt.getTime()) / 1000))
  }
  expect(waits).toEqual([5, 300, 1_800, 7_200, 18_000, 36_000, 23_095])
  expect(waits.reduce((sum, wait) => sum + wait, 0)).toBe(24 * 60 * 60)
  await sendWebhook(id)
  expect(got).toHaveLength(webhookTriesMax)
})

it('a worker that dies while sending loses nothing: the next try is enqueued before', async () => {
  const { got, url } = await endpoint(status(200))
  const { id } = await waiting(url)
  // This worker claims it and dies.
  expect(await claimDelivery(id)).toMatchObject({ tries: 1 })
  expect(await claimDelivery(id)).toBeNull()
  const jobs = await db().$queryRaw<{ wait: number }[]>`
    SELECT round(extract(epoch FROM run_at - "triedAt"))::int AS wait FROM graphile_worker.jobs, "WebhookDelivery" d
    WHERE key = ${`send-webhook ${id}`} AND d.id = ${id}::bigint`
  expect(jobs).toEqual([{ wait: 6 }])
  await timePasses(id)
  await sendWebhook(id)
  expect(got).toHaveLength(1)
  expect(await rowOf(id)).toMatchObject({ state: 'delivered', tries: 2 })
})

it('a due delivery without a job, as after a restore, gets one', async () => {
  const { id } = await waiting('https://receiver.example/')
  const key = `send-webhook ${id}`
  await db()
    .$executeRaw`SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs WHERE key = ${key}`
  await db()
    .$executeRaw`UPDATE "WebhookDelivery" SET "dueAt" = clock_timestamp() - interval '1 hour' WHERE id = ${id}::bigint`
  await requeueDeliveries()
  expect(await db().$queryRaw<unknown[]>`SELECT id FROM graphile_worker.jobs WHERE key = ${key}`).toHaveLength(1)
})

/** The queue of a delivery's current job. */
async function queueOf(id: string): Promise<string | null | undefined> {
  const [job] = await db().$queryRaw<{ queue: string | null }[]>`
    SELECT queue_name AS queue FROM graphile_worker.jobs WHERE key = ${`send-webhook ${id}`}`
  return job?.queue
}

it("every job of a delivery is in its account's queue, which runs one job at a time", async () => {
  const { url } = await endpoint(status(500))
  const { who, id } = await waiting(url)
  const queue = `webhook:${who.id}`
  expect(await queueOf(id)).toBe(queue)
  await sendWebhook(id)
  expect(await queueOf(id)).toBe(queue)
  await db().$executeRaw`
    UPDATE "WebhookDelivery" SET "dueAt" = clock_timestamp() - interval '1 hour' WHERE id = ${id}::bigint`
  await db().$executeRaw`
    SELECT graphile_worker.complete_jobs(array_agg(id)) FROM graphile_worker.jobs WHERE key = ${`send-webhook ${id}`}`
  await requeueDeliveries()
  expect(await queueOf(id)).toBe(queue)
})

it("an account's queue is unlocked minutes after its worker died in a try, and not while it works", async () => {
  const { who, id } = await waiting('https://receiver.example/')
  const queue = `webhook:${who.id}`
  const died = async (minutes: number) => {
    await db()
      .$executeRaw`UPDATE graphile_worker._private_jobs SET locked_by = ${queue}, locked_at = now() - ${minutes} * interval '1 minute'
      WHERE key = ${`send-webhook ${id}`}`
    await db()
      .$executeRaw`UPDATE graphile_worker._private_job_queues SET locked_by = ${queue}, locked_at = now() - ${minutes} * interval '1 minute'
      WHERE queue_name = ${queue}`
    await unlockDeliveries()
    const [row] = await db().$queryRaw<{ isOpen: boolean }[]>`
      SELECT locked_by IS NULL AS "isOpen" FROM graphile_worker._private_job_queues WHERE queue_name = ${queue}`
    return row?.isOpen
  }
  expect(await died(1)).toBe(false)
  expect(await died(3)).toBe(true)
})

it('a pending delivery, or one tried a moment ago, is not sent again', async () => {
  const { url } = await endpoint(status(200))
  const { who, id } = await waiting(url)
  const refused = { ok: false, refusal: { code: 'DELIVERY_IN_PROGRESS' } }
  expect(await resendDelivery(who.ctx, { deliveryId: id })).toEqual(refused)
  await sendWebhook(id)
  expect(await resendDelivery(who.ctx, { deliveryId: id })).toEqual(refused)
  await tried(id, 10)
  expect(await resendDelivery(who.ctx, { deliveryId: id })).toEqual(refused)
  await tried(id, 31)
  expect(await resendDelivery(who.ctx, { deliveryId: id })).toEqual(ok(null))
  expect(await queueOf(id)).toBe(`webhook:${who.id}`)
  expect(await resendDelivery(who.ctx, { deliveryId: id })).toEqual(refused)
})

it('several workers send a due delivery once', async () => {
  const { got, url } = await endpoint(status(200))
  const { id } = await waiting(url)
  await Promise.all(Array.from({ length: 6 }, () => sendWebhook(id)))
  expect(got).toHaveLength(1)
})

it('its owner can resend a delivery with the same id; a stranger and a sub-account cannot', async () => {
  const { got, url } = await endpoint(status(200))
  const { who, id } = await waiting(url)
  await sendWebhook(id)
  const stranger = await account()
  expect(await resendDelivery(stranger.ctx, { deliveryId: id })).toMatchObject({
    refusal: { code: 'DELIVERY_NOT_FOUND' },
  })
  const sub = await account({ master: who })
  expect(await resendDelivery(sub.ctx, { deliveryId: id })).toMatchObject({ refusal: { code: 'NOT_PERMITTED' } })
  expect(await setWebhook(sub.ctx, { url })).toMatchObject({ refusal: { code: 'NOT_PERMITTED' } })
  expect(await removeWebhook(sub.ctx, { url })).toMatchObject({ refusal: { code: 'NOT_PERMITTED' } })
  expect(await getWebhook(sub.ctx)).toBeNull()
  await tried(id, 60)
  expect(await resendDelivery(who.ctx, { deliveryId: id })).toEqual(ok(null))
  await sendWebhook(id)
  expect(got.map(({ headers }) => headers['webhook-id'])).toEqual([`msg_${id}`, `msg_${id}`])
  expect(await removeWebhook(who.ctx, { url })).toEqual(ok(null))
  expect(await claimDelivery(id)).toBeNull()
})

it('a webhook removed concurrently gets no delivery, and the operation succeeds', async () => {
  const { url } = await endpoint(status(204))
  const { who } = await waiting(url)
  const other = await account()
  const image = { id: 'img-bbbbbbbbbb', name: 'web-02' }
  const event = { action: 'share.create' as const, recipient: who, image }
  let recorded: Promise<unknown> | undefined
  await inTransaction(async (tx) => {
    await tx.webhook.deleteMany({ where: { ownerId: who.id } })
    recorded = inTransaction(async (inner) => ok(await recordEvents(inner, other.ctx, [event])))
    await somebodyWaits()
    return ok(null)
  })
  await recorded
  expect(await db().event.count({ where: { imageId: image.id } })).toBe(1)
  expect(await db().webhookDelivery.count({ where: { ownerId: who.id } })).toBe(0)
})
