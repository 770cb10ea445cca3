import type { ChildProcess } from 'node:child_process'
import net from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { addJob } from '@/lib/jobs/queue'
import { noticeKinds } from '@/lib/notices/rules'
import { chooseNotices } from '@/lib/notices/writes'
import { ok } from '@/lib/result'
import { account, type TestAccount } from '@/lib/testing/builders'
import { closeEndpoints, endpoint, listening, status } from '@/lib/testing/endpoint'
import { until } from '@/lib/testing/until'
import { isRunning, killProcess, startWorkerProcess } from '@/lib/testing/worker-process'

let worker: ChildProcess | undefined
const sockets = new Set<net.Socket>()
afterEach(async () => {
  if (isRunning(worker)) await killProcess(worker)
  for (const socket of sockets) socket.destroy()
  closeEndpoints()
})

/** A server that accepts connections and never responds, and the number of its connections. */
async function silentServer() {
  const had = { connections: 0 }
  const server = net.createServer((socket) => {
    had.connections += 1
    sockets.add(socket)
    socket.on('error', () => {})
  })
  return { had, port: await listening(server) }
}

async function tell(who: TestAccount, count: number): Promise<void> {
  const sharer = await account()
  const events = Array.from({ length: count }, () => ({
    ...{ action: 'share.create' as const, recipient: who, image: { id: 'img-aaaaaaaaaa', name: 'web-01' } },
  }))
  await inTransaction(async (tx) => ok(await recordEvents(tx, sharer.at(new Date()), events)))
}

/** An account with a pending e-mail. */
async function mailWaits(): Promise<void> {
  const who = await account()
  await db().account.update({ where: { id: who.id }, data: { email: 'reader@example.com' } })
  await chooseNotices(who.ctx, { console: [], email: [...noticeKinds], webhook: [], pace: 'soon', locale: 'en' })
  await tell(who, 1)
  await db().$executeRaw`
    SELECT graphile_worker.remove_job(${`send-mail ${who.id}`})`
  await inTransaction(async (tx) => ok(await addJob(tx, 'send-mail', { accountId: who.id })))
}

async function withWebhook(url: string): Promise<TestAccount> {
  const who = await account()
  const now = new Date()
  await db().webhook.create({ data: { ownerId: who.id, url, secret: 'c2VjcmV0', createdAt: now, updatedAt: now } })
  return who
}

it('a mail server and an endpoint that hang delay no webhook of another account', async () => {
  const [mail, hanging, { url, got }] = [await silentServer(), await silentServer(), await endpoint(status(200))]
  for (let count = 0; count < 40; count++) await mailWaits()
  await tell(await withWebhook(`http://127.0.0.1:${hanging.port}/`), 40)
  await tell(await withWebhook(url), 1)
  worker = startWorkerProcess({
    ...{ ECS_SMTP_URL: `smtp://127.0.0.1:${mail.port}`, ECS_MAIL_FROM: 'console@example.com' },
    ECS_WEBHOOK_PRIVATE: 'allow',
  })
  await until(() => expect(got).toHaveLength(1))
  // In one queue with the others it would have waited for most of them.
  expect(mail.had.connections).toBeLessThan(20)
  expect(hanging.had.connections).toBeLessThan(20)
})
