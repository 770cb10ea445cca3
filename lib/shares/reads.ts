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
import { listGivenShares } from './reads-list'
import { dayTurnsAt, type EndPolicy, shareDay } from './rules'
import type {
  ImageShares,
  ImageSharesParams,
  SharedImage,
  SharedImageList,
  SharedImageParams,
  ShareRecord,
} from './schema'

/** The operator's settings for the ends of shares. */
export function endPolicy(): EndPolicy {
  const { ECS_SHARE_DEFAULT_DAYS, ECS_SHARE_MAX_DAYS } = env()
  return { defaultDays: ECS_SHARE_DEFAULT_DAYS, maxDays: ECS_SHARE_MAX_DAYS }
}

/** The accepted share through which the viewer's master account holds an image, or null. */
export async function findHeldShare(ctx: Context, imageId: string) {
  return await db().heldShare.findFirst({
    where: { imageId, recipientId: ctx.viewer.ownerId },
    select: { id: true, regionId: true },
  })
}

/** The recipients of an own image, and today's use. Null for anybody but the owner, and in another region. */
export async function getImageShares(ctx: Context, params: ImageSharesParams): Promise<ImageShares | null> {
  const timeZone = env().ECS_TIME_ZONE
  const [image, day, usedBy, shares] = await Promise.all([
    db().image.findFirst({
      where: { id: params.imageId, ownerId: ctx.viewer.ownerId, regionId: params.region },
      select: { id: true, name: true, state: true, operatingSystem: true, virtualSize: true },
    }),
    db().shareDay.findUnique({
      where: { accountId_day: { accountId: ctx.viewer.ownerId, day: new Date(shareDay(ctx.now, timeZone)) } },
      select: { used: true },
    }),
    listImageInstances(ctx, params.imageId),
    listGivenShares(ctx, params),
  ])
  if (!image) return null
  return {
    image: { ...image, virtualSize: Number(image.virtualSize) },
    shares: shares.map(({ id, username, sharedAt, sharedBy, note, state, until, instances, lastUsedAt }) => ({
      ...{ id, username, sharedAt, sharedBy, note, status: state, until, instances, lastUsedAt },
    })),
    usedBy,
    today: { used: day?.used ?? 0, resetsAt: dayTurnsAt(ctx.now, timeZone).toISOString() },
    ends: endPolicy(),
  }
}

type SharedRow = Omit<SharedImage, 'sharedAt' | 'virtualSize' | 'isNew' | 'check' | 'until' | 'answerBy'> & {
  expiresAt: Date | null
  answerBy: Date | null
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

/** One page of the images shared with the viewer's master account in a region, newest first by default. */
export async function listSharedImages(ctx: Context, list: SharedImageParams): Promise<SharedImageList> {
  const page = keyset(list.sort, byCreatedAt, list, list.size)
  const mine = Prisma.sql`WHERE s."recipientId" = ${ctx.viewer.ownerId} AND s."regionId" = ${list.region}`
  const all = Prisma.sql`FROM "LiveShare" s ${mine}`
  // OFFSET fixes the join order from the held shares to their images; otherwise PostgreSQL reads all tenants' images.
  const held = Prisma.sql`FROM "LiveShare" s CROSS JOIN LATERAL (
    SELECT name, "operatingSystem", "virtualSize", sha256, "createdAt", "deprecatedAt" FROM "Image" WHERE id = s."imageId" OFFSET 0) i
    LEFT JOIN "Check" c ON c.sha256 = i.sha256 ${mine}`
  const named = list.q.toLowerCase()
  const search = list.q
    ? Prisma.sql`AND (i.name ILIKE ${likePattern(list.q)} OR (s."imageId" = ${named} AND s.status = 'ACCEPTED')
        OR s."ownerId" = (SELECT id FROM "Account" WHERE username = ${named}))`
    : Prisma.empty
  const system = list.os ? Prisma.sql`AND i."operatingSystem" = ${list.os}` : Prisma.empty
  const asked = list.q || list.os ? Prisma.sql`${held} ${search} ${system}` : all
  const [rows, [extras]] = await Promise.all([
    db().$queryRaw<SharedRow[]>`
      SELECT ${plannedEachTime} s.id AS "shareId", CASE s.status WHEN 'ACCEPTED' THEN s."imageId" END AS "imageId", i.name, (SELECT username FROM "Account" WHERE id = s."ownerId") AS sharer,
        i."operatingSystem", i."virtualSize", s.status = 'ACCEPTED' AND i."deprecatedAt" IS NOT NULL AS "isDeprecated", s.note, s.status::text AS status, s."expiresAt", s."answerBy", s."createdAt", s."seenAt", c.state::text AS state,
        greatest(c."endedAt", CASE WHEN c."endedAt" IS NOT NULL THEN i."createdAt" END) AS "checkedAt",
        coalesce(c.critical + c.high + c.medium + c.low, 0) AS findings ${held} ${search} ${system} ${page.where} ${page.tail}`,
    db().$queryRaw<Extras[]>`
      SELECT ${plannedEachTime} ${countColumns(asked, page, page.along)}, ARRAY(SELECT DISTINCT i."operatingSystem" ${held} ORDER BY 1 LIMIT 100) AS systems,
        ${metersOf(ctx.viewer.ownerId, list.region)} AS quota`,
  ])
  if (!extras) throw new Error('A statement without FROM of a table has one row.')
  const shown = page.toPage(rows, (row) => row.shareId, toSharedImage)
  return {
    ...shown,
    range: rangeOf(page, extras, shown.items.length),
    operatingSystems: extras.systems,
    quota: extras.quota,
  }
}

function toSharedImage({ createdAt, seenAt, state, checkedAt, findings, ...row }: SharedRow): SharedImage {
  const { expiresAt, answerBy, virtualSize, ...rest } = row
  const check = { state, findings, checkedAt: checkedAt?.toISOString() ?? null }
  return {
    ...rest,
    until: expiresAt?.toISOString() ?? null,
    answerBy: answerBy?.toISOString() ?? null,
    // Hidden until the recipient accepts the share.
    check: row.status === 'PENDING' ? null : check,
    virtualSize: Number(virtualSize),
    sharedAt: createdAt.toISOString(),
    isNew: seenAt === null,
  }
}

const newSharesShown = 100

/** The number of unseen images shared with the viewer's master account in a region, up to 100. */
export async function countNewShares(ctx: Context, params: { region: string }): Promise<{ count: number }> {
  // No LIMIT: it would make PostgreSQL expect to find a hundred soon, and read all tenants' shares if all were seen.
  const [counted] = await db().$queryRaw<{ count: number }[]>`
    SELECT least(count(*), ${newSharesShown})::int AS count FROM "LiveShare"
    WHERE "recipientId" = ${ctx.viewer.ownerId} AND "regionId" = ${params.region} AND "seenAt" IS NULL`
  return { count: counted?.count ?? 0 }
}

const statedReason = z.object({ reason: z.string().nullable().catch(null) }).catch({ reason: null })

/** Every live share of an image, newest first: the operator's list. */
export async function listShareRecords(imageId: string): Promise<ShareRecord[]> {
  const shares = await db().liveShare.findMany({
    where: { imageId },
    select: {
      id: true,
      status: true,
      expiresAt: true,
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
    status: share.status,
    until: share.expiresAt?.toISOString() ?? null,
  }))
}

/** The owner of a share's image, for the operator. */
export async function findSharer(shareId: string): Promise<{ id: string; username: string } | null> {
  const share = await db().liveShare.findFirst({
    where: { id: shareId },
    select: { image: { select: { owner: { select: { id: true, username: true } } } } },
  })
  return share?.image.owner ?? null
}

/**
 * The master accounts with instances that belong to this one or were made from its images, the account itself first, with
 * their numbers. For the operator.
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
