import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { blobKey } from '@/lib/blobs/rules'
import type { StoredContent } from '@/lib/blobs/schema'
import { db } from '@/lib/db/client'
import { type Counts, countColumns, rangeOf } from '@/lib/db/count'
import { Prisma } from '@/lib/db/generated/client'
import { keyset, likePattern, type SortColumn } from '@/lib/db/page'
import { plannedEachTime } from '@/lib/db/statement-names'
import { parseDiskLayout } from '@/lib/disks/layout'
import { env } from '@/lib/env'
import { listEvents } from '@/lib/events/reads'
import { heldDetails } from '@/lib/events/rules'
import { may } from '@/lib/permissions'
import { metersOf } from '@/lib/quotas/reads'
import type { QuotaMeters } from '@/lib/quotas/schema'
import { readDeprecation } from './reads-deprecation'
import { tagChoices, tagged, tagsOfImage } from './reads-tags'
import { byKey, canImage, type ImageStateName, purgedAt, type Tag, tagText } from './rules'
import {
  type CustomImage,
  type CustomImageList,
  type CustomImageParams,
  type HeldImage,
  type ImageDetails,
  type ImagePageParams,
  madeFrom,
  type RecycleBin,
  readFailure,
} from './schema'

type SizeField = 'virtualSize' | 'size' | 'doneBytes' | 'totalBytes'

type CustomRow = Omit<CustomImage, SizeField | 'failure' | 'createdAt' | 'state' | 'deletedAt' | 'purgedAt'> & {
  [field in SizeField]: bigint
} & {
  state: ImageStateName
  failure: unknown
  createdAt: Date
  deletedAt: Date | null
}

function sortBy(column: Prisma.Sql, type: Prisma.Sql, value: (row: CustomRow) => string): SortColumn<CustomRow> {
  return { column, type, idColumn: Prisma.sql`i.id`, value }
}

const text = Prisma.sql`text`
const columns: Record<string, SortColumn<CustomRow>> = {
  name: sortBy(Prisma.sql`i.name`, text, (row) => row.name),
  operatingSystem: sortBy(Prisma.sql`i."operatingSystem"`, text, (row) => row.operatingSystem),
  virtualSize: sortBy(Prisma.sql`i."virtualSize"`, Prisma.sql`bigint`, (row) => row.virtualSize.toString()),
}
const byCreatedAt = sortBy(Prisma.sql`i."createdAt"`, Prisma.sql`timestamptz`, (row) => row.createdAt.toISOString())

/** One page of the viewer's own images in a region, with their operating systems and the quota. */
export async function listCustomImages(ctx: Context, list: CustomImageParams): Promise<CustomImageList> {
  const page = keyset(list.sort, columns[list.sort.replace('-', '')] ?? byCreatedAt, list, list.size)
  const own = Prisma.sql`i."ownerId" = ${ctx.viewer.ownerId} AND i."regionId" = ${list.region}`
  const search = list.q
    ? Prisma.sql`AND (i.name ILIKE ${likePattern(list.q)} OR i.id = ${list.q.toLowerCase()})`
    : Prisma.empty
  // Images in the recycle bin are listed only if asked for.
  const state = list.state
    ? Prisma.sql`AND i.state = ${list.state}::"ImageState"`
    : Prisma.sql`AND i.state <> 'deleted'::"ImageState"`
  const system = list.os ? Prisma.sql`AND i."operatingSystem" = ${list.os}` : Prisma.empty
  const asked = Prisma.sql`WHERE ${own} ${search} ${state} ${system} ${tagged(ctx, list)}`
  const [rows, [extras]] = await Promise.all([
    db().$queryRaw<CustomRow[]>`
      SELECT ${plannedEachTime} i.id, i.name, i."operatingSystem", i."virtualSize", i.size, i.state::text AS state, i.failure, i."createdAt", i."deletedAt",
        CASE WHEN t.kind = 'IMPORT' OR t.step = 'CLEAN' THEN t.step::text END AS step, coalesce(t."doneBytes", 0) AS "doneBytes",
        coalesce(t."totalBytes", 0) AS "totalBytes", i.source::text AS source, i."isProtected",
        i."deprecatedAt" IS NOT NULL AS "isDeprecated", ${tagsOfImage} AS tags,
        (SELECT count(*) FROM "LiveShare" s WHERE s."imageId" = i.id)::int AS recipients, c.state::text AS verdict,
        greatest(0, coalesce(c.critical + c.high + c.medium + c.low, 0) -
          (SELECT count(*) FROM "IgnoredFinding" g WHERE g."ownerId" = i."ownerId" AND g.sha256 = i.sha256))::int AS findings
      FROM "Image" i LEFT JOIN "Transfer" t ON t."imageId" = i.id LEFT JOIN "Check" c ON c.sha256 = i.sha256 ${asked} ${page.where} ${page.tail}`,
    db().$queryRaw<Extras[]>`
      SELECT ${plannedEachTime} ${countColumns(Prisma.sql`FROM "Image" i ${asked}`, page)}, ${systemsOf(ctx, list.region)} AS systems, ${tagChoices(ctx, list)} AS tags,
        ${metersOf(ctx.viewer.ownerId, list.region)} AS quota, bin.* FROM (${binOf(ctx, list)}) bin`,
  ])
  if (!extras) throw new Error('A statement without FROM of a table has one row.')
  const shown = page.toPage(rows, (row) => row.id, toCustomImage)
  return {
    ...shown,
    range: rangeOf(page, extras, shown.items.length),
    operatingSystems: extras.systems,
    tags: [...new Set(extras.tags.flatMap((tag) => [tag.key, tagText(tag)]))],
    quota: extras.quota,
    ...toBin(extras),
  }
}

type BinRow = { binned: number; binnedUntil: Date | null }
type Extras = Counts & { quota: QuotaMeters; systems: string[]; tags: Tag[] } & BinRow

function binOf({ viewer }: Context, { region }: { region: string }): Prisma.Sql {
  return Prisma.sql`SELECT count(*)::int AS binned, max("deletedAt") AS "binnedUntil" FROM "Image"
    WHERE "ownerId" = ${viewer.ownerId} AND "regionId" = ${region} AND state = 'deleted'`
}

function toBin({ binned, binnedUntil }: BinRow): RecycleBin {
  return { binned, binnedUntil: binnedUntil?.toISOString() ?? null, recycleDays: env().ECS_RECYCLE_DAYS }
}

/** How many images the viewer's master account has in the recycle bin of a region. */
export async function getRecycleBin(ctx: Context, params: { region: string }): Promise<RecycleBin> {
  const [bin] = await db().$queryRaw<BinRow[]>(binOf(ctx, params))
  return toBin(bin ?? { binned: 0, binnedUntil: null })
}

function toCustomImage(row: CustomRow): CustomImage {
  return {
    ...row,
    tags: row.tags.sort(byKey),
    virtualSize: Number(row.virtualSize),
    size: Number(row.size),
    doneBytes: Number(row.doneBytes),
    totalBytes: Number(row.totalBytes),
    failure: readFailure(row.failure),
    createdAt: row.createdAt.toISOString(),
    deletedAt: row.deletedAt?.toISOString() ?? null,
    purgedAt: row.deletedAt && purgedAt(row.deletedAt, env().ECS_RECYCLE_DAYS).toISOString(),
  }
}

/** A loose index scan, which does not read every row. */
function systemsOf(ctx: Context, region: string): Prisma.Sql {
  return Prisma.sql`ARRAY(
    WITH RECURSIVE systems(os) AS (
      (SELECT "operatingSystem" FROM "Image" WHERE "ownerId" = ${ctx.viewer.ownerId} AND "regionId" = ${region}
        ORDER BY "operatingSystem" LIMIT 1)
      UNION ALL
      SELECT (SELECT "operatingSystem" FROM "Image" WHERE "ownerId" = ${ctx.viewer.ownerId} AND "regionId" = ${region}
        AND "operatingSystem" > systems.os ORDER BY "operatingSystem" LIMIT 1) FROM systems WHERE systems.os IS NOT NULL
    ) SELECT os FROM systems WHERE os IS NOT NULL LIMIT 100)`
}

/**
 * For the titles of an image's pages: its name, and whether the viewer owns it. Null if it is neither the viewer's nor shared
 * with it, or in a region where the viewer may not see images, whatever the URL says. One statement, so that another tenant's
 * image takes as long to answer as a missing one.
 */
export async function findSeenImage(
  { viewer }: Context,
  imageId: string,
): Promise<{ name: string; isOwn: boolean } | null> {
  const found = await db().image.findFirst({
    where: {
      id: imageId,
      OR: [{ ownerId: viewer.ownerId }, { heldShares: { some: { recipientId: viewer.ownerId } } }],
    },
    select: { name: true, ownerId: true, regionId: true },
  })
  if (!found || !may(viewer, 'images.read', found.regionId)) return null
  return { name: found.name, isOwn: found.ownerId === viewer.ownerId }
}

export const newestFirst = [{ createdAt: 'desc' as const }, { recipient: { username: 'asc' as const } }]

/** In full for the owner, in part for a recipient, a link under another region's URL; null for anybody else. */
export async function getImage(ctx: Context, params: ImagePageParams): Promise<ImageDetails | null> {
  if (!(await findSeenImage(ctx, params.imageId))) return null
  const image = await db().image.findUnique({
    where: { id: params.imageId },
    include: {
      owner: { select: { username: true } },
      blob: { select: { layout: true } },
      transfer: { select: { kind: true, step: true, doneBytes: true, totalBytes: true } },
      tags: { select: { key: true, value: true } },
      liveShares: {
        where: { OR: [{ ownerId: ctx.viewer.ownerId }, { recipientId: ctx.viewer.ownerId, status: 'ACCEPTED' }] },
        select: {
          ...{ id: true, createdAt: true, note: true, expiresAt: true, status: true },
          recipient: { select: { username: true } },
        },
        orderBy: newestFirst,
      },
    },
  })
  if (!image) return null
  const fields = {
    id: image.id,
    name: image.name,
    operatingSystem: image.operatingSystem,
    architecture: image.architecture,
    virtualSize: Number(image.virtualSize),
    size: Number(image.size),
    regionId: image.regionId,
    deprecation: await readDeprecation(ctx, image),
  }
  if (image.ownerId !== ctx.viewer.ownerId) {
    const [share] = image.liveShares
    if (!share || image.regionId !== params.region) return null
    return await toHeldImage(params.before, fields, image.owner.username, share)
  }
  if (image.regionId !== params.region)
    return { view: 'elsewhere', id: image.id, name: image.name, imageRegion: image.regionId }
  return {
    view: 'owner',
    ...fields,
    description: image.description,
    bootMode: image.bootMode,
    minDiskGib: image.minDiskGib,
    minMemoryMib: image.minMemoryMib,
    format: image.format,
    sha256: image.sha256,
    isNormalised: image.isNormalised,
    isProtected: image.isProtected,
    tags: image.tags.sort(byKey),
    origin: {
      name: image.originName,
      format: image.originFormat,
      size: image.originSize === null ? null : Number(image.originSize),
      sha256: image.originSha256,
    },
    source: image.source,
    madeFrom: madeFrom.nullable().catch(null).parse(image.madeFrom),
    copyOf: image.copyOfId === null ? null : { id: image.copyOfId, region: image.copyOfRegionId ?? '' },
    state: image.state,
    // The STORE step of a copy is not shown.
    step: image.transfer?.kind === 'IMPORT' || image.transfer?.step === 'CLEAN' ? image.transfer.step : null,
    doneBytes: Number(image.transfer?.doneBytes ?? 0),
    totalBytes: Number(image.transfer?.totalBytes ?? 0),
    purgedAt: image.deletedAt && purgedAt(image.deletedAt, env().ECS_RECYCLE_DAYS).toISOString(),
    recycleDays: env().ECS_RECYCLE_DAYS,
    layout: parseDiskLayout(image.blob?.layout ?? null),
    failure: readFailure(image.failure),
    createdAt: image.createdAt.toISOString(),
    recipients: image.liveShares.map((share) => ({
      shareId: share.id,
      username: share.recipient.username,
      sharedAt: share.createdAt.toISOString(),
      isPending: share.status === 'PENDING',
      until: share.expiresAt?.toISOString() ?? null,
    })),
    events: await listEvents({ imageId: image.id }, params.before),
  }
}

type HeldShare = { id: string; createdAt: Date; note: string; expiresAt: Date | null }

async function toHeldImage(
  before: ImagePageParams['before'],
  fields: Omit<HeldImage, 'view' | 'shareId' | 'sharer' | 'sharedAt' | 'until' | 'note' | 'events'>,
  sharer: string,
  share: HeldShare,
): Promise<HeldImage> {
  const { items, older } = await listEvents({ shareId: share.id }, before)
  return {
    view: 'recipient',
    ...{ ...fields, shareId: share.id, sharer, sharedAt: share.createdAt.toISOString(), note: share.note },
    until: share.expiresAt?.toISOString() ?? null,
    // Names the sharer's master, never its sub-account, and omits why it was shared in spite of its findings.
    events: {
      items: items.map(({ details, ...event }) => ({
        ...{ ...event, details: heldDetails(details), by: 'account' as const, actor: sharer, recipient: null },
      })),
      older,
    },
  }
}

/** The stored disk of an own image. Null for a shared one (rule 5), or one in the recycle bin. */
export async function getImageContent(
  ctx: Context,
  { region, imageId }: { region: string; imageId: string },
): Promise<StoredContent | null> {
  const image = await db().image.findFirst({
    where: { id: imageId, ownerId: ctx.viewer.ownerId, regionId: region },
    select: { name: true, state: true, blob: { select: { id: true, sha256: true, size: true, format: true } } },
  })
  if (!image?.blob || !canImage('download', image.state)) return null
  const { sha256, size, format } = image.blob
  return { region, key: blobKey(image.blob), sha256, size: Number(size), fileName: `${image.name}.${format}` }
}
