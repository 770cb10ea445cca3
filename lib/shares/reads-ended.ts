import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { overAction } from '@/lib/events/rules'
import { inRegions, regionsWith } from '@/lib/permissions'
import { findHeldShare } from './reads'
import type { EndedShare, EndedSharesParams, ImageSharesParams } from './schema'

const endedFields = {
  shareId: true,
  action: true,
  imageName: true,
  ownerId: true,
  ownerName: true,
  recipientName: true,
  details: true,
  at: true,
} as const

type EndedRow = Prisma.EventGetPayload<{ select: typeof endedFields }>

const ends = {
  'share.cancel': 'sharer',
  'share.decline': 'declined',
  'share.expire': 'expired',
  'share.lapse': 'unanswered',
} as const
const isEnd = (action: string): action is keyof typeof ends => Object.hasOwn(ends, action)

/**
 * Which of these shares have ended, or how the last share of an image has, and who ended them. Only for shares that the
 * viewer's master account gave or held, in regions that the viewer may see: others do not learn that the image exists.
 */
export async function listEndedShares(ctx: Context, params: EndedSharesParams): Promise<EndedShare[]> {
  const [over, ended] = await Promise.all([
    findOver(ctx, params),
    'shareIds' in params ? findEnded(ctx, params.shareIds) : findLastEnded(ctx, params),
  ])
  const rows = [...over, ...ended].map((row) => toEnded(ctx, row))
  return 'shareIds' in params ? rows : rows.slice(0, 1)
}

type OverRow = Omit<EndedRow, 'action' | 'details'> & { expiresAt: Date | null; answerBy: Date | null }

/** Expired shares whose end the sweep has not recorded yet. */
async function findOver(ctx: Context, params: EndedSharesParams): Promise<EndedRow[]> {
  const { ownerId } = ctx.viewer
  const asked =
    'shareIds' in params
      ? Prisma.sql`s.id = ANY(${params.shareIds}::text[]) AND (s."ownerId" = ${ownerId} OR s."recipientId" = ${ownerId})`
      : Prisma.sql`s."imageId" = ${params.imageId} AND s."regionId" = ${params.region} AND s."recipientId" = ${ownerId}`
  const regions = regionsWith(ctx.viewer, 'images.read')
  const isSeen = regions === 'all' ? Prisma.empty : Prisma.sql`AND s."regionId" = ANY(${regions}::text[])`
  const rows = await db().$queryRaw<OverRow[]>`
    SELECT s.id AS "shareId", i.name AS "imageName", s."ownerId", o.username AS "ownerName", r.username AS "recipientName",
      least(s."expiresAt", s."answerBy") AS at, s."expiresAt", s."answerBy"
    FROM "Share" s JOIN "Image" i ON i.id = s."imageId" JOIN "Account" o ON o.id = s."ownerId"
      JOIN "Account" r ON r.id = s."recipientId"
    WHERE ${asked} ${isSeen} AND least(s."expiresAt", s."answerBy") <= statement_timestamp()`
  return rows.map(({ expiresAt, answerBy, ...row }) => ({
    ...{ ...row, action: overAction({ expiresAt, answerBy }), details: {} },
  }))
}

async function findEnded(ctx: Context, shareIds: string[]): Promise<EndedRow[]> {
  const { ownerId } = ctx.viewer
  return await db().event.findMany({
    where: {
      ...{ shareId: { in: shareIds }, action: { in: Object.keys(ends) } },
      ...inRegions(ctx.viewer, 'images.read'),
      OR: [{ ownerId }, { recipientId: ownerId }],
    },
    select: endedFields,
    orderBy: { id: 'desc' },
    take: shareIds.length,
  })
}

/** Empty while the viewer's master account holds the image. */
async function findLastEnded(ctx: Context, { region, imageId }: ImageSharesParams): Promise<EndedRow[]> {
  const [held, rows] = await Promise.all([
    findHeldShare(ctx, imageId),
    db().event.findMany({
      where: { imageId, recipientId: ctx.viewer.ownerId, regionId: region, action: { in: Object.keys(ends) } },
      select: endedFields,
      orderBy: { id: 'desc' },
      take: 1,
    }),
  ])
  return held ? [] : rows
}

function toEnded(ctx: Context, row: EndedRow): EndedShare {
  const isOwner = row.ownerId === ctx.viewer.ownerId
  const how = isEnd(row.action) ? ends[row.action] : 'sharer'
  return {
    shareId: row.shareId ?? '',
    image: row.imageName ?? '',
    viewer: isOwner ? 'sharer' : 'recipient',
    how: how === 'sharer' && isByRecipient(row) ? 'recipient' : how,
    other: (isOwner ? row.recipientName : row.ownerName) ?? '',
    at: row.at.toISOString(),
  }
}

function isByRecipient({ details }: EndedRow): boolean {
  return details !== null && typeof details === 'object' && 'by' in details && details.by === 'recipient'
}
