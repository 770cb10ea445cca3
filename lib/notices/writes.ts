import 'server-only'
import { randomBytes } from 'node:crypto'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { inTransaction } from '@/lib/db/transaction'
import { addJob } from '@/lib/jobs/queue'
import { ok, type RefusalOf, type Result } from '@/lib/result'
import { isMailToken, mailMinutes, noticeKinds, noticesMax, noticesSince } from './rules'
import type { ChoicesInput, MarkReadInput } from './schema'

// A trigger of the events writes the notices (its newest version is in prisma/migrations/20261128060000_webhook_queues).

/**
 * Marks the viewer's own notices as read: one, or all up to one. Others' are ignored. Other tabs of the tenant refetch
 * their count.
 */
export async function markNoticesRead(ctx: Context, input: MarkReadInput): Promise<Result<{ marked: number }, never>> {
  const [least, most] = 'id' in input ? [input.id, input.id] : ['0', input.upTo]
  const [row] = await db().$queryRaw<{ marked: number }[]>`
    WITH marked AS (UPDATE "Notice" SET "readAt" = ${ctx.now}::timestamptz
      WHERE "accountId" = ${ctx.viewer.accountId} AND id BETWEEN ${least}::bigint AND ${most}::bigint AND "readAt" IS NULL
      RETURNING id)
    SELECT count(*)::int AS marked, CASE WHEN count(*) > 0 THEN pg_notify('ecs_changes', ${`${ctx.viewer.ownerId} notice`}) END::text
    FROM marked`
  return ok({ marked: row?.marked ?? 0 })
}

/**
 * Stores the viewer's channels for each kind, for future events. If no kind uses e-mail, none is sent, not even for notices
 * that wait for one.
 */
export async function chooseNotices(ctx: Context, input: ChoicesInput): Promise<Result<null, RefusalOf<'BUSY'>>> {
  const { accountId } = ctx.viewer
  const chosen = (ways: string[]) => noticeKinds.map((kind) => ways.includes(kind))
  return await inTransaction(async (tx) => {
    await tx.$executeRaw`
      INSERT INTO "NoticeChoice" ("accountId", kind, "byConsole", "byEmail", "byWebhook")
      SELECT ${accountId}, * FROM unnest(${[...noticeKinds]}::text[], ${chosen(input.console)}::bool[], ${chosen(input.email)}::bool[],
        ${chosen(input.webhook)}::bool[])
      ON CONFLICT ("accountId", kind) DO UPDATE SET "byConsole" = excluded."byConsole", "byEmail" = excluded."byEmail",
        "byWebhook" = excluded."byWebhook"`
    if (input.email.length === 0) {
      await tx.noticeMail.deleteMany({ where: { accountId } })
      await tx.notice.updateMany({ where: { accountId, isMailDue: true }, data: { isMailDue: false } })
      return ok(null)
    }
    const wish = { everyMinutes: mailMinutes(input.pace), locale: input.locale }
    const token = randomBytes(32).toString('base64url')
    await tx.noticeMail.upsert({ where: { accountId }, update: wish, create: { accountId, token, ...wish } })
    return ok(null)
  })
}

/** Deletes notices and deliveries older than 90 days, and all but the newest 1,000 notices of each person. Returns how many. */
export async function forgetNotices(now: Date): Promise<number> {
  const since = noticesSince(now)
  const [notices, deliveries] = await Promise.all([
    db().notice.deleteMany({ where: { at: { lt: since } } }),
    db().webhookDelivery.deleteMany({ where: { at: { lt: since } } }),
  ])
  const beyond = await db().$executeRaw`
    DELETE FROM "Notice" n USING (
      SELECT a."accountId", (SELECT id FROM "Notice" WHERE "accountId" = a."accountId" ORDER BY id DESC OFFSET ${noticesMax} LIMIT 1) AS last
      FROM (SELECT "accountId" FROM "Notice" GROUP BY 1 HAVING count(*) > ${noticesMax}) a) old
    WHERE n."accountId" = old."accountId" AND n.id <= old.last`
  return notices.count + deliveries.count + beyond
}

/**
 * Ends the e-mail of the account with this token. An unknown token does nothing, and the answer does not tell. Anybody may try
 * tokens, so only an existing one costs a transaction.
 */
export async function endMail(token: string): Promise<Result<null, RefusalOf<'BUSY'>>> {
  if (!isMailToken(token)) return ok(null)
  const mail = await db().noticeMail.findUnique({ where: { token }, select: { accountId: true } })
  if (!mail) return ok(null)
  return await inTransaction(async (tx) => {
    const { count } = await tx.noticeMail.deleteMany({ where: { token } })
    if (count === 0) return ok(null)
    await tx.noticeChoice.updateMany({ where: mail, data: { byEmail: false } })
    await tx.notice.updateMany({ where: { ...mail, isMailDue: true }, data: { isMailDue: false } })
    return ok(null)
  })
}

/**
 * Records that an e-mail with these notices was sent, or that none will be. Notices committed meanwhile still wait, whatever
 * their ids: a transaction that commits late may have lower ones.
 */
export async function settleMail(ids: bigint[]): Promise<void> {
  await db().$executeRaw`UPDATE "Notice" SET "isMailDue" = false WHERE id = ANY(${ids}::bigint[])`
}

const mailKeptMs = 24 * 60 * 60 * 1000

/**
 * Enqueues e-mail whose job has used up its tries, as while the mail server was unreachable, and gives up on notices that
 * have waited a day longer than a daily digest.
 */
export async function requeueMail(now: Date): Promise<void> {
  const old = new Date(now.getTime() - 2 * mailKeptMs)
  await db().notice.updateMany({ where: { isMailDue: true, at: { lt: old } }, data: { isMailDue: false } })
  const waiting = await db().$queryRaw<{ accountId: string }[]>`
    SELECT DISTINCT n."accountId" FROM "Notice" n JOIN "NoticeMail" m ON m."accountId" = n."accountId"
    WHERE n."isMailDue" AND n.at < ${now}::timestamptz - make_interval(mins => m."everyMinutes" + 10) LIMIT 1000`
  for (const { accountId } of waiting)
    await inTransaction(async (tx) => ok(await addJob(tx, 'send-mail', { accountId })))
}
