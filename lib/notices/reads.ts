import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { keyset, type SortColumn } from '@/lib/db/page'
import { env } from '@/lib/env'
import { writtenSecret } from '@/lib/outbound/signature'
import { bellMax, byKindOf, isNoticeKind, noticeDetails, noticeKinds, paceOf } from './rules'
import type { NoticeChoices, NoticeItem, NoticeList, NoticeParams, NoticeWay, UnreadCount, WebhookPage } from './schema'

const noticesShown = 25

type NoticeRow = {
  id: bigint
  at: Date
  kind: string
  readAt: Date | null
  ownerId: string
  ownerName: string
  recipientName: string | null
  regionId: string | null
  imageId: string | null
  imageName: string | null
  isThere: boolean
  details: unknown
}

const selectNotices = Prisma.sql`
  SELECT n.id, n.at, n.kind, n."readAt", e."ownerId", e."ownerName", e."recipientName", e."regionId", e."imageId", e."imageName",
    e.details, EXISTS (SELECT FROM "Image" i WHERE i.id = e."imageId") AS "isThere"
  FROM "Notice" n JOIN "Event" e ON e.id = n."eventId"`

const byId: SortColumn<NoticeRow> = {
  column: Prisma.sql`n.id`,
  type: Prisma.sql`bigint`,
  idColumn: Prisma.sql`n.id::text`,
  value: (row) => row.id.toString(),
}

/** One page of the viewer's own notices, newest first. Kinds that this version does not know are left out. */
export async function listNotices(ctx: Context, list: NoticeParams): Promise<NoticeList> {
  const page = keyset('-id', byId, list, noticesShown)
  const unread = list.show === 'unread' ? Prisma.sql`AND n."readAt" IS NULL` : Prisma.empty
  const rows = await db().$queryRaw<NoticeRow[]>`${selectNotices}
    WHERE n."accountId" = ${ctx.viewer.accountId} AND n."isShown" AND n.kind = ANY(${[...noticeKinds]}::text[]) ${unread}
      ${page.where} ${page.tail}`
  return page.toPage(
    rows,
    (row) => row.id.toString(),
    (row) => toNotice(ctx.viewer.ownerId, row),
  )
}

function toNotice(ownerId: string, row: NoticeRow): NoticeItem {
  const { id, at, kind, readAt, regionId, imageId, imageName, isThere } = row
  if (!isNoticeKind(kind)) throw new Error(`The statement asks for known kinds, and ${kind} is none.`)
  const side = row.ownerId === ownerId ? 'owner' : 'recipient'
  return {
    ...{ id: id.toString(), at: at.toISOString(), kind, isRead: readAt !== null, side, regionId },
    other: side === 'owner' ? row.recipientName : row.ownerName,
    image: imageId !== null && imageName !== null ? { id: imageId, name: imageName, isThere } : null,
    details: noticeDetails(row.details),
  }
}

/** How many notices the viewer has not read, counted as far as the bell can show. */
export async function countUnread(ctx: Context): Promise<UnreadCount> {
  const [row] = await db().$queryRaw<{ unread: number }[]>`
    SELECT count(*)::int AS unread FROM (SELECT FROM "Notice" WHERE "accountId" = ${ctx.viewer.accountId}
      AND "isShown" AND "readAt" IS NULL LIMIT ${bellMax + 1}) seen`
  const unread = row?.unread ?? 0
  return { unread: Math.min(unread, bellMax), isMore: unread > bellMax }
}

/** How the viewer wants to be told of each kind, and the ways that there are. */
export async function getNoticeChoices(ctx: Context): Promise<NoticeChoices> {
  const { accountId, ownerId, kind } = ctx.viewer
  const [rows, mail, account, webhook] = await Promise.all([
    db().noticeChoice.findMany({ where: { accountId } }),
    db().noticeMail.findUnique({ where: { accountId }, select: { everyMinutes: true } }),
    db().account.findUniqueOrThrow({ where: { id: accountId }, select: { email: true } }),
    kind === 'MASTER' ? db().webhook.findUnique({ where: { ownerId }, select: { ownerId: true } }) : null,
  ])
  const byKind = new Map(rows.map((row) => [row.kind, row]))
  const choices = byKindOf((name) => {
    const row = byKind.get(name)
    return { console: row?.byConsole ?? true, email: row?.byEmail ?? false, webhook: row?.byWebhook ?? true }
  })
  const canMail = env().ECS_SMTP_URL !== undefined && account.email !== ''
  const ways: NoticeWay[] = [
    'console',
    ...(canMail ? ['email' as const] : []),
    ...(webhook ? ['webhook' as const] : []),
  ]
  return { ways, choices, pace: paceOf(mail?.everyMinutes ?? 0), email: account.email, isMaster: kind === 'MASTER' }
}

const deliveriesShown = 50

/** The webhook of the viewer's own master account and its newest deliveries. Null for a sub-account. */
export async function getWebhook(ctx: Context): Promise<WebhookPage | null> {
  const { ownerId, kind } = ctx.viewer
  if (kind !== 'MASTER') return null
  const [webhook, rows] = await Promise.all([
    db().webhook.findUnique({ where: { ownerId }, select: { url: true, secret: true } }),
    db().webhookDelivery.findMany({ where: { ownerId }, orderBy: { id: 'desc' }, take: deliveriesShown }),
  ])
  const deliveries = rows.flatMap(({ id, kind: name, at, state, tries, answer, dueAt }) =>
    isNoticeKind(name)
      ? [
          {
            id: id.toString(),
            kind: name,
            at: at.toISOString(),
            state,
            tries,
            answer,
            dueAt: dueAt?.toISOString() ?? null,
          },
        ]
      : [],
  )
  return { webhook: webhook && { url: webhook.url, secret: writtenSecret(webhook.secret) }, deliveries }
}

/** What goes into one e-mail: no more notices than one cares to read in it, and the number of all. */
export type DueMail = {
  email: string
  username: string
  locale: string
  token: string
  total: number
  notices: NoticeItem[]
  /** The newest of all that wait. */
  last: string
}

const mailedMax = 20

/** The e-mail that waits for an account. Null: nothing waits, or it has no address, is disabled, or wants none any more. */
export async function findDueMail(accountId: string): Promise<DueMail | null> {
  const account = await db().account.findFirst({
    where: {
      id: accountId,
      disabledAt: null,
      email: { not: '' },
      OR: [{ masterId: null }, { master: { disabledAt: null } }],
    },
    select: { email: true, username: true, masterId: true, noticeMail: { select: { locale: true, token: true } } },
  })
  if (!account?.noticeMail) return null
  const { email, username, masterId, noticeMail } = account
  const [rows, total] = await Promise.all([
    db().$queryRaw<NoticeRow[]>`${selectNotices}
      WHERE n."accountId" = ${accountId} AND n."isMailDue" AND n.kind = ANY(${[...noticeKinds]}::text[])
      ORDER BY n.id DESC LIMIT ${mailedMax}`,
    db().notice.count({ where: { accountId, isMailDue: true, kind: { in: [...noticeKinds] } } }),
  ])
  const [newest] = rows
  if (!newest) return null
  const notices = rows.map((row) => toNotice(masterId ?? accountId, row))
  return { email, username, ...noticeMail, total, notices, last: newest.id.toString() }
}
