import 'server-only'
import type { Context, Viewer } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import type { AccountKind } from '@/lib/db/generated/enums'
import { keyset, type SortColumn } from '@/lib/db/page'
import { env } from '@/lib/env'
import { writtenSecret } from '@/lib/outbound/signature'
import { type Grant, regionsWith } from '@/lib/permissions'
import { bellMax, byKindOf, isNoticeKind, type NoticeKind, noticeDetails, noticeKinds, paceOf } from './rules'
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

/** `isThere`: the image is the reader's own and exists, or is shared with it. Others cannot learn whether it exists. */
function selectNotices(ownerId: string): Prisma.Sql {
  return Prisma.sql`
    SELECT n.id, n.at, n.kind, n."readAt", e."ownerId", e."ownerName", e."recipientName", e."regionId", e."imageId", e."imageName",
      e.details, EXISTS (SELECT FROM "Image" i WHERE i.id = e."imageId" AND i."ownerId" = ${ownerId}) OR EXISTS
        (SELECT FROM "HeldShare" s WHERE s."imageId" = e."imageId" AND s."recipientId" = ${ownerId}) AS "isThere"
    FROM "Notice" n JOIN "Event" e ON e.id = n."eventId"`
}

/** Notices of images and shares only in regions where the viewer may see images; notices of sign-ins always. */
function seenBy({ rights }: Pick<Viewer, 'rights'>): Prisma.Sql {
  const regions = regionsWith({ rights }, 'images.read')
  const known = Prisma.sql`n.kind = ANY(${[...noticeKinds]}::text[])`
  if (regions === 'all') return known
  const own: NoticeKind = 'session.place'
  return Prisma.sql`${known} AND (n.kind = ${own} OR e."regionId" = ANY(${regions}::text[]))`
}

const byId: SortColumn<NoticeRow> = {
  column: Prisma.sql`n.id`,
  type: Prisma.sql`bigint`,
  idColumn: Prisma.sql`n.id::text`,
  value: (row) => row.id.toString(),
}

/** One page of the viewer's own notices, newest first, without kinds that this version does not know and those hidden by policies. */
export async function listNotices(ctx: Context, list: NoticeParams): Promise<NoticeList> {
  const page = keyset('-id', byId, list, noticesShown)
  const unread = list.show === 'unread' ? Prisma.sql`AND n."readAt" IS NULL` : Prisma.empty
  const rows = await db().$queryRaw<NoticeRow[]>`${selectNotices(ctx.viewer.ownerId)}
    WHERE n."accountId" = ${ctx.viewer.accountId} AND n."isShown" AND ${seenBy(ctx.viewer)} ${unread}
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
    image: imageName === null ? null : { id: isThere ? imageId : null, name: imageName },
    details: noticeDetails(row.details),
  }
}

export async function countUnread(ctx: Context): Promise<UnreadCount> {
  const [row] = await db().$queryRaw<{ unread: number }[]>`
    SELECT count(*)::int AS unread FROM (SELECT FROM "Notice" n JOIN "Event" e ON e.id = n."eventId"
      WHERE n."accountId" = ${ctx.viewer.accountId} AND n."isShown" AND n."readAt" IS NULL AND ${seenBy(ctx.viewer)}
      LIMIT ${bellMax + 1}) seen`
  const unread = row?.unread ?? 0
  return { unread: Math.min(unread, bellMax), isMore: unread > bellMax }
}

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

/** The webhook of the viewer's own master account with its newest deliveries. Null for a sub-account. */
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

export type DueMail = {
  email: string
  username: string
  locale: string
  token: string
  total: number
  notices: NoticeItem[]
  last: string
}

export type DueNotices = { ids: bigint[]; mail: DueMail | null }

const mailedMax = 20

type MailedRow = Pick<DueMail, 'email' | 'username' | 'locale' | 'token'> & {
  kind: AccountKind
  masterId: string | null
  grants: Grant[]
}

/**
 * The notices due by e-mail. `mail` is null without an address, or if the account is disabled or wants no
 * e-mail.
 */
export async function findDueMail(accountId: string): Promise<DueNotices> {
  const due = await db().notice.findMany({ where: { accountId, isMailDue: true }, select: { id: true } })
  const ids = due.map(({ id }) => id)
  const [account] = await db().$queryRaw<MailedRow[]>`
    SELECT a.email, a.username, a.kind::text AS kind, a."masterId", m.locale, m.token,
      (SELECT coalesce(jsonb_agg(jsonb_build_object('policy', p.policy, 'regions', p."regionIds")), '[]')
        FROM "AttachedPolicy" p WHERE p."accountId" = a.id) AS grants
    FROM "Account" a JOIN "NoticeMail" m ON m."accountId" = a.id LEFT JOIN "Account" o ON o.id = a."masterId"
    WHERE a.id = ${accountId} AND a.email <> '' AND a."disabledAt" IS NULL AND o."disabledAt" IS NULL`
  if (!account) return { ids, mail: null }
  const { kind, masterId, grants, ...mail } = account
  const isSeen = seenBy({ rights: kind === 'MASTER' ? 'all' : grants })
  const ownerId = masterId ?? accountId
  const [rows, [count]] = await Promise.all([
    db().$queryRaw<NoticeRow[]>`${selectNotices(ownerId)}
      WHERE n.id = ANY(${ids}::bigint[]) AND ${isSeen} ORDER BY n.id DESC LIMIT ${mailedMax}`,
    db().$queryRaw<{ total: number }[]>`
      SELECT count(*)::int AS total FROM "Notice" n JOIN "Event" e ON e.id = n."eventId"
      WHERE n.id = ANY(${ids}::bigint[]) AND ${isSeen}`,
  ])
  const [newest] = rows
  if (!newest) return { ids, mail: null }
  const notices = rows.map((row) => toNotice(ownerId, row))
  return { ids, mail: { ...mail, total: count?.total ?? rows.length, notices, last: newest.id.toString() } }
}
