import 'server-only'
import { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import type { HeldCheck } from '@/lib/checks/schema'
import { db } from '@/lib/db/client'
import { type Counts, countColumns, rangeOf } from '@/lib/db/count'
import { Prisma } from '@/lib/db/generated/client'
import { keyset, likePattern, type SortColumn } from '@/lib/db/page'
import { plannedEachTime } from '@/lib/db/statement-names'
import { env } from '@/lib/env'
import { newestFirst } from '@/lib/images/reads'
import { listImageInstances } from '@/lib/instances/reads'
import { statesOfQuota } from '@/lib/instances/rules'
import type { ImageInstances } from '@/lib/instances/schema'
import { metersOf } from '@/lib/quotas/reads'
import type { QuotaMeters } from '@/lib/quotas/schema'
import { dayTurnsAt, recipientsMax, shareDay } from './rules'
import type {
  EndedShare,
  EndedSharesParams,
  ImageShares,
  ImageSharesParams,
  SharedImage,
  SharedImageList,
  SharedImageParams,
  ShareRecord,
} from './schema'

/** The share through which the viewer's master account holds an image, or null. */
export async function findHeldShare(ctx: Context, imageId: string) {
  return await db().share.findUnique({
    where: { imageId_recipientId: { imageId, recipientId: ctx.viewer.ownerId } },
    select: { id: true, regionId: true, createdAt: true, note: true },
  })
}

/** The recipients of an own image, and today's use. Null for anybody but the owner, and under another region. */
export async function getImageShares(ctx: Context, params: ImageSharesParams): Promise<ImageShares | null> {
  const timeZone = env().ECS_TIME_ZONE
  const [image, day, usedBy] = await Promise.all([
    db().image.findFirst({
      where: { id: params.imageId, ownerId: ctx.viewer.ownerId, regionId: params.region },
      select: {
        id: true,
        name: true,
        state: true,
        operatingSystem: true,
        virtualSize: true,
        shares: {
          select: {
            id: true,
            note: true,
            createdAt: true,
            recipient: { select: { username: true } },
            sharedBy: { select: { username: true } },
          },
          orderBy: newestFirst,
          take: recipientsMax,
        },
      },
    }),
    db().shareDay.findUnique({
      where: { accountId_day: { accountId: ctx.viewer.ownerId, day: new Date(shareDay(ctx.now, timeZone)) } },
      select: { used: true },
    }),
    listImageInstances(ctx, params.imageId),
  ])
  if (!image) return null
  const { shares, ...rest } = image
  return {
    image: { ...rest, virtualSize: Number(image.virtualSize) },
    shares: shares.map((share) => ({
      id: share.id,
      username: share.recipient.username,
      sharedAt: share.createdAt.toISOString(),
      sharedBy: share.sharedBy.username,
      note: share.note,
      instances: usedBy.find(({ username }) => username === share.recipient.username)?.instances ?? 0,
    })),
    usedBy,
    today: { used: day?.used ?? 0, resetsAt: dayTurnsAt(ctx.now, timeZone).toISOString() },
  }
}

type SharedRow = Omit<SharedImage, 'sharedAt' | 'virtualSize' | 'isNew' | 'check'> & {
  state: HeldCheck['state']
  checkedAt: Date | null
  findings: number
  createdAt: Date
  seenAt: Date | null
  virtualSize: bigint
}

const byCreatedAt: SortColumn<SharedRow> = {
  column: Prisma.sql`s."createdAt"`,
  type: Prisma.sql`timestamptz`,
  idColumn: Prisma.sql`s.id`,
  value: (row) => row.createdAt.toISOString(),
}

type Extras = Counts & { quota: QuotaMeters; systems: string[] }

/** One page of the images that are shared to the viewer's master account in a region, newest first by default. */
export async function listSharedImages(ctx: Context, list: SharedImageParams): Promise<SharedImageList> {
  const page = keyset(list.sort, byCreatedAt, list, list.size)
  const mine = Prisma.sql`WHERE s."recipientId" = ${ctx.viewer.ownerId} AND s."regionId" = ${list.region}`
  const all = Prisma.sql`FROM "Share" s ${mine}`
  // From the shares that one holds to their images, and no other way: OFFSET keeps PostgreSQL from reading everybody's images.
  const held = Prisma.sql`FROM "Share" s CROSS JOIN LATERAL (
    SELECT name, "operatingSystem", "virtualSize", sha256, "createdAt" FROM "Image" WHERE id = s."imageId" OFFSET 0) i
    LEFT JOIN "Check" c ON c.sha256 = i.sha256 ${mine}`
  const named = list.q.toLowerCase()
  const search = list.q
    ? Prisma.sql`AND (i.name ILIKE ${likePattern(list.q)} OR s."imageId" = ${named}
        OR s."ownerId" = (SELECT id FROM "Account" WHERE username = ${named}))`
    : Prisma.empty
  const system = list.os ? Prisma.sql`AND i."operatingSystem" = ${list.os}` : Prisma.empty
  const asked = list.q || list.os ? Prisma.sql`${held} ${search} ${system}` : all
  const [rows, [extras]] = await Promise.all([
    db().$queryRaw<SharedRow[]>`
      SELECT ${plannedEachTime} s.id AS "shareId", s."imageId", i.name, (SELECT username FROM "Account" WHERE id = s."ownerId") AS sharer,
        i."operatingSystem", i."virtualSize", s.note, s."createdAt", s."seenAt", c.state::text AS state,
        greatest(c."endedAt", CASE WHEN c."endedAt" IS NOT NULL THEN i."createdAt" END) AS "checkedAt",
        coalesce(c.critical + c.high + c.medium + c.low, 0) AS findings ${held} ${search} ${system} ${page.where} ${page.tail}`,
    db().$queryRaw<Extras[]>`
      SELECT ${plannedEachTime} ${countColumns(asked, page)}, ARRAY(SELECT DISTINCT i."operatingSystem" ${held} ORDER BY 1 LIMIT 100) AS systems,
        ${metersOf(ctx.viewer.ownerId, list.region)} AS quota`,
  ])
  if (!extras) throw new Error('A statement without FROM of a table has one row.')
  const toItem = ({ createdAt, seenAt, virtualSize, state, checkedAt, findings, ...row }: SharedRow): SharedImage => ({
    ...row,
    check: { state, findings, checkedAt: checkedAt?.toISOString() ?? null },
    virtualSize: Number(virtualSize),
    sharedAt: createdAt.toISOString(),
    isNew: seenAt === null,
  })
  const shown = page.toPage(rows, (row) => row.shareId, toItem)
  return {
    ...shown,
    range: rangeOf(page, extras, shown.items.length),
    operatingSystems: extras.systems,
    quota: extras.quota,
  }
}

const endedFields = {
  shareId: true,
  imageName: true,
  ownerId: true,
  ownerName: true,
  recipientName: true,
  details: true,
  at: true,
} as const

type EndedRow = Prisma.EventGetPayload<{ select: typeof endedFields }>

/**
 * Which of these shares have ended, or how the last share of an image has, and by whom. Only for shares that the
 * viewer's master account gave or held: others do not learn that the image exists.
 */
export async function listEndedShares(ctx: Context, params: EndedSharesParams): Promise<EndedShare[]> {
  const rows = await ('shareIds' in params ? findEnded(ctx, params.shareIds) : findLastEnded(ctx, params))
  return rows.map((row) => toEnded(ctx, row))
}

async function findEnded(ctx: Context, shareIds: string[]): Promise<EndedRow[]> {
  const { ownerId } = ctx.viewer
  return await db().event.findMany({
    where: { shareId: { in: shareIds }, action: 'share.cancel', OR: [{ ownerId }, { recipientId: ownerId }] },
    select: endedFields,
    orderBy: { id: 'desc' },
    take: shareIds.length,
  })
}

/** None while the viewer's master account holds the image. */
async function findLastEnded(ctx: Context, { region, imageId }: ImageSharesParams): Promise<EndedRow[]> {
  const [held, rows] = await Promise.all([
    findHeldShare(ctx, imageId),
    db().event.findMany({
      where: { imageId, recipientId: ctx.viewer.ownerId, regionId: region, action: 'share.cancel' },
      select: endedFields,
      orderBy: { id: 'desc' },
      take: 1,
    }),
  ])
  return held ? [] : rows
}

function toEnded(ctx: Context, row: EndedRow): EndedShare {
  const isOwner = row.ownerId === ctx.viewer.ownerId
  const { details } = row
  const isByRecipient = details !== null && typeof details === 'object' && 'by' in details && details.by === 'recipient'
  return {
    shareId: row.shareId ?? '',
    image: row.imageName ?? '',
    viewer: isOwner ? 'sharer' : 'recipient',
    by: isByRecipient ? 'recipient' : 'sharer',
    other: (isOwner ? row.recipientName : row.ownerName) ?? '',
    at: row.at.toISOString(),
  }
}

const newSharesShown = 100

/** How many images shared to the viewer's master account in a region have not been looked at yet, up to 100. */
export async function countNewShares(ctx: Context, params: { region: string }): Promise<{ count: number }> {
  // No LIMIT within: with one PostgreSQL hopes to meet a hundred soon, and reads everybody's shares where all were seen.
  const [counted] = await db().$queryRaw<{ count: number }[]>`
    SELECT least(count(*), ${newSharesShown})::int AS count FROM "Share"
    WHERE "recipientId" = ${ctx.viewer.ownerId} AND "regionId" = ${params.region} AND "seenAt" IS NULL`
  return { count: counted?.count ?? 0 }
}

const statedReason = z.object({ reason: z.string().nullable().catch(null) }).catch({ reason: null })

/** Every share of an image, newest first: the operator's list. */
export async function listShareRecords(imageId: string): Promise<ShareRecord[]> {
  const shares = await db().share.findMany({
    where: { imageId },
    select: {
      id: true,
      createdAt: true,
      recipient: { select: { username: true } },
      sharedBy: { select: { username: true } },
    },
    orderBy: newestFirst,
  })
  const made = await db().event.findMany({
    where: { shareId: { in: shares.map(({ id }) => id) }, action: 'share.create' },
    select: { shareId: true, details: true },
  })
  const reasonOf = new Map(made.map(({ shareId, details }) => [shareId, statedReason.parse(details).reason]))
  return shares.map((share) => ({
    id: share.id,
    imageId,
    reason: reasonOf.get(share.id) ?? null,
    recipient: share.recipient.username,
    sharedBy: share.sharedBy.username,
    sharedAt: share.createdAt.toISOString(),
  }))
}

/** The owner of the image that a share is of, for the operator who acts for that. */
export async function findSharer(shareId: string): Promise<{ id: string; username: string } | null> {
  const share = await db().share.findUnique({
    where: { id: shareId },
    select: { image: { select: { owner: { select: { id: true, username: true } } } } },
  })
  return share?.image.owner ?? null
}

/**
 * Which master accounts have instances that belong to this one or were made from its images, the account itself first, and
 * how many each. For the operator.
 */
export async function listInstancesAround(username: string): Promise<ImageInstances> {
  return await db().$queryRaw<ImageInstances>`
    WITH asked AS (SELECT id FROM "Account" WHERE username = ${username} AND "masterId" IS NULL)
    SELECT min(a.username) AS username, count(*)::int AS instances
    FROM "Instance" i JOIN "Account" a ON a.id = i."ownerId"
    WHERE i.state = ANY(${[...statesOfQuota]}::"InstanceState"[])
      AND (i."ownerId" IN (SELECT id FROM asked) OR i."imageOwnerId" IN (SELECT id FROM asked))
    GROUP BY i."ownerId" ORDER BY bool_or(i."ownerId" IN (SELECT id FROM asked)) DESC, 1`
}
