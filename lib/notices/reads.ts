import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { keyset, type SortColumn } from '@/lib/db/page'
import { bellMax, byKindOf, isNoticeKind, noticeDetails, noticeKinds, paceOf } from './rules'
import type { NoticeChoices, NoticeItem, NoticeList, NoticeParams, UnreadCount } from './schema'

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
  const rows = await db().$queryRaw<NoticeRow[]>`
    SELECT n.id, n.at, n.kind, n."readAt", e."ownerId", e."ownerName", e."recipientName", e."regionId", e."imageId", e."imageName",
      e.details, EXISTS (SELECT FROM "Image" i WHERE i.id = e."imageId") AS "isThere"
    FROM "Notice" n JOIN "Event" e ON e.id = n."eventId"
    WHERE n."accountId" = ${ctx.viewer.accountId} AND n."isShown" AND n.kind = ANY(${[...noticeKinds]}::text[]) ${unread}
      ${page.where} ${page.tail}`
  return page.toPage(
    rows,
    (row) => row.id.toString(),
    (row) => toNotice(ctx, row),
  )
}

function toNotice({ viewer }: Context, row: NoticeRow): NoticeItem {
  const { id, at, kind, readAt, regionId, imageId, imageName, isThere } = row
  if (!isNoticeKind(kind)) throw new Error(`The statement asks for known kinds, and ${kind} is none.`)
  const side = row.ownerId === viewer.ownerId ? 'owner' : 'recipient'
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

/** How the viewer wants to be told of each kind. */
export async function getNoticeChoices(ctx: Context): Promise<NoticeChoices> {
  const accountId = ctx.viewer.accountId
  const [rows, mail] = await Promise.all([
    db().noticeChoice.findMany({ where: { accountId } }),
    db().noticeMail.findUnique({ where: { accountId }, select: { everyMinutes: true } }),
  ])
  const byKind = new Map(rows.map((row) => [row.kind, row]))
  const choiceOf = (kind: string) => {
    const row = byKind.get(kind)
    return { console: row?.byConsole ?? true, email: row?.byEmail ?? false, webhook: row?.byWebhook ?? true }
  }
  const choices = byKindOf(choiceOf)
  return { ways: ['console'], choices, pace: paceOf(mail?.everyMinutes ?? 0) }
}
