import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { type Counts, countColumns, rangeOf } from '@/lib/db/count'
import { Prisma } from '@/lib/db/generated/client'
import { keyset, likePattern, type SortColumn } from '@/lib/db/page'
import { plannedEachTime } from '@/lib/db/statement-names'
import { statesOfQuota } from '@/lib/instances/rules'
import { recipientsMax } from './rules'
import type { ListedShare, ShareExportParams, ShareList, ShareListParams, ShareListTab } from './schema-list'

type ListedRow = Omit<ListedShare, 'sharedAt' | 'until' | 'lastUsedAt'> & {
  createdAt: Date
  expiresAt: Date | null
  lastUsedAt: Date | null
}

/** The sort value of shares without an end: a keyset needs one, and the index has the same. */
const endless = '9999-12-31T00:00:00.000Z'

const byCreatedAt: SortColumn<ListedRow> = {
  column: Prisma.sql`s."createdAt"`,
  type: Prisma.sql`timestamptz`,
  idColumn: Prisma.sql`s.id`,
  value: (row) => row.createdAt.toISOString(),
}
const byEnd: SortColumn<ListedRow> = {
  ...byCreatedAt,
  column: Prisma.sql`coalesce(s."expiresAt", '9999-12-31T00:00:00Z'::timestamptz)`,
  value: (row) => row.expiresAt?.toISOString() ?? endless,
}

/** Live shares of the viewer's master account in a region, by its side. Expired shares are in no list. */
function sharesOf({ viewer }: Context, { tab, region }: { tab: ShareListTab; region: string }): Prisma.Sql {
  const mine = tab === 'given' ? Prisma.sql`s."ownerId"` : Prisma.sql`s."recipientId"`
  return Prisma.sql`${mine} = ${viewer.ownerId} AND s."regionId" = ${region}
`
}

const uses = Prisma.sql`FROM "Instance" n WHERE n."imageId" = s."imageId" AND n."ownerId" = s."recipientId"`

/**
 * When the recipient of a share `s` last created an instance of the image: through this share or, while that instance is kept,
 * through an earlier one.
 */
const lastUse = Prisma.sql`greatest(s."lastUsedAt", (SELECT max(n."createdAt") ${uses}))`

/** Joins from the shares to image and account. OFFSET prevents another join order, which would read all tenants' rows. */
function fromShares(tab: ShareListTab): Prisma.Sql {
  const other = tab === 'given' ? Prisma.sql`s."recipientId"` : Prisma.sql`s."ownerId"`
  return Prisma.sql`FROM "LiveShare" s
    CROSS JOIN LATERAL (SELECT name FROM "Image" WHERE id = s."imageId" OFFSET 0) i
    CROSS JOIN LATERAL (SELECT username FROM "Account" WHERE id = ${other} OFFSET 0) a`
}

function columnsOf(tab: ShareListTab): Prisma.Sql {
  // A recipient never learns which sub-account acted.
  const sharedBy =
    tab === 'given' ? Prisma.sql`(SELECT username FROM "Account" WHERE id = s."sharedById")` : Prisma.sql`a.username`
  // A recipient gets the id only once it has accepted the share.
  const imageId =
    tab === 'given' ? Prisma.sql`s."imageId"` : Prisma.sql`CASE s.status WHEN 'ACCEPTED' THEN s."imageId" ELSE '' END`
  return Prisma.sql`s.id, ${imageId} AS "imageId", i.name AS image, a.username, s.note, s."createdAt", s."expiresAt", ${sharedBy} AS "sharedBy",
    s.status::text AS state, ${lastUse} AS "lastUsedAt",
    (SELECT count(*)::int ${uses} AND n.state = ANY(${[...statesOfQuota]}::"InstanceState"[])) AS instances`
}

function searchOf({ tab, q, state }: { tab: ShareListTab; q: string; state?: string | undefined }): Prisma.Sql {
  const byState = state ? Prisma.sql`AND s.status = ${state}::"ShareStatus"` : Prisma.empty
  if (!q) return byState
  return Prisma.sql`AND (i.name ILIKE ${likePattern(q)} OR a.username ILIKE ${likePattern(q)}
    OR (s."imageId" = ${q.toLowerCase()} AND (s.status = 'ACCEPTED' OR ${tab} = 'given'))) ${byState}`
}

function toListed({ createdAt, expiresAt, lastUsedAt, ...row }: ListedRow): ListedShare {
  return {
    ...row,
    sharedAt: createdAt.toISOString(),
    until: expiresAt?.toISOString() ?? null,
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
  }
}

/** One page of the shares that the viewer's master account gave or received in a region, across all images. */
export async function listShares(ctx: Context, list: ShareListParams): Promise<ShareList> {
  const page = keyset(list.sort, list.sort.endsWith('expiresAt') ? byEnd : byCreatedAt, list, list.size)
  const where = Prisma.sql`WHERE ${sharesOf(ctx, list)} ${searchOf(list)}`
  const asked = list.q ? Prisma.sql`${fromShares(list.tab)} ${where}` : Prisma.sql`FROM "LiveShare" s ${where}`
  const [rows, [counts]] = await Promise.all([
    db().$queryRaw<ListedRow[]>`
      SELECT ${plannedEachTime} ${columnsOf(list.tab)} ${fromShares(list.tab)} ${where} ${page.where} ${page.tail}`,
    db().$queryRaw<Counts[]>`SELECT ${plannedEachTime} ${countColumns(asked, page, page.along)}`,
  ])
  const shown = page.toPage(rows, (row) => row.id, toListed)
  return { ...shown, range: rangeOf(page, counts, shown.items.length) }
}

/** The live shares of an own image, newest first; those of one operation by username. */
export async function listGivenShares(
  ctx: Context,
  { imageId, region }: { imageId: string; region: string },
): Promise<ListedShare[]> {
  const rows = await db().$queryRaw<ListedRow[]>`
    SELECT ${plannedEachTime} ${columnsOf('given')} ${fromShares('given')} WHERE ${sharesOf(ctx, { tab: 'given', region })} AND s."imageId" = ${imageId}
    ORDER BY s."createdAt" DESC, a.username LIMIT ${recipientsMax}`
  return rows.map(toListed)
}

/** Shares by their ids, in list order: only live ones on the viewer's side. */
export async function findListedShares(
  ctx: Context,
  { tab, region, ids }: { tab: ShareListTab; region: string; ids: string[] },
): Promise<ListedShare[]> {
  const rows = await db().$queryRaw<ListedRow[]>`
    SELECT ${plannedEachTime} ${columnsOf(tab)} ${fromShares(tab)} WHERE ${sharesOf(ctx, { tab, region })} AND s.id = ANY(${ids})
    ORDER BY s."createdAt" DESC, s.id DESC`
  return rows.map(toListed)
}

const exportedAtOnce = 500

/**
 * A list for an export, in batches: as searched and filtered, or the selected shares. Each batch continues after the previous
 * one's last row, so that shares which end meanwhile neither repeat nor hide others.
 */
export async function* shareLines(ctx: Context, list: ShareExportParams): AsyncGenerator<ListedShare[]> {
  if (list.ids.length > 0) {
    const found = await findListedShares(ctx, list)
    if (found.length > 0) yield found
    return
  }
  let after: string | undefined
  do {
    const page = keyset('-createdAt', byCreatedAt, { after }, exportedAtOnce)
    const rows = await db().$queryRaw<ListedRow[]>`
      SELECT ${plannedEachTime} ${columnsOf(list.tab)} ${fromShares(list.tab)} WHERE ${sharesOf(ctx, list)} ${searchOf(list)}
      ${page.where} ${page.tail}`
    const { items, next } = page.toPage(rows, (row) => row.id, toListed)
    if (items.length > 0) yield items
    after = next ?? undefined
  } while (after)
}
