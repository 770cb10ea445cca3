import 'server-only'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { isLeaseOver } from '@/lib/db/locks'
import type { Transaction } from '@/lib/db/transaction'
import { parseDiskLayout } from '@/lib/disks/layout'
import { env } from '@/lib/env'
import {
  type CheckFacts,
  type CheckStateName,
  type Counts,
  gravestShown,
  noFindings,
  openFindings,
  type SharePolicy,
  totalOf,
} from './rules'
import {
  type CheckExportParams,
  type CheckParams,
  type CheckReportPage,
  type CheckReportParams,
  type CheckSummary,
  checkedDisk,
  type FindingItem,
  type ImageCheck,
  type RuleCount,
  type ShareCheckSummary,
  storedRemedy,
} from './schema'

const findingsShown = 50

/** What to do with shared images that have findings; `off` if disks are not checked. */
export function sharePolicy(): SharePolicy {
  const { ECS_DISK_CHECK, ECS_SHARE_CHECK } = env()
  return ECS_DISK_CHECK === 'off' ? 'off' : ECS_SHARE_CHECK
}

type CountColumns = { [severity in keyof Counts as `ignored${Capitalize<severity>}`]: number } & Counts

/** The counts of a check's findings, and of those that an owner ignores: columns over `"Check" c` joined with `ignoredBy`. */
const countColumns = Prisma.sql`c.critical, c.high, c.medium, c.low, ig."ignoredCritical", ig."ignoredHigh", ig."ignoredMedium", ig."ignoredLow"`

function ignoredBy(ownerId: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE severity = 'critical')::int AS "ignoredCritical", count(*) FILTER (WHERE severity = 'high')::int AS "ignoredHigh",
      count(*) FILTER (WHERE severity = 'medium')::int AS "ignoredMedium", count(*) FILTER (WHERE severity = 'low')::int AS "ignoredLow"
    FROM "IgnoredFinding" WHERE "ownerId" = ${ownerId} AND sha256 = c.sha256) ig`
}

function countsOf(row: CountColumns): { open: Counts; ignored: Counts } {
  const ignored = {
    critical: row.ignoredCritical,
    high: row.ignoredHigh,
    medium: row.ignoredMedium,
    low: row.ignoredLow,
  }
  return { open: openFindings(row, ignored), ignored }
}

/** The input of the share rule: the verdict on an owner's image. Call it under the lock of the check. */
export async function readCheckFacts(
  tx: Transaction,
  { ownerId, sha256 }: { ownerId: string; sha256: string },
): Promise<CheckFacts> {
  const [row] = await tx.$queryRaw<(CountColumns & { state: CheckStateName; reason: string | null })[]>`
    SELECT c.state::text AS state, c.reason, ${countColumns} FROM "Check" c ${ignoredBy(Prisma.sql`${ownerId}`)} WHERE c.sha256 = ${sha256}`
  return row ? { state: row.state, reason: row.reason, open: countsOf(row).open } : null
}

/** How long a share waits for the first verdict on its disk, and how often it polls. Far less than an action's time limit. */
export const verdictWaitMs = 5_000
const verdictLookMs = 250

/** Whether there is a verdict on an image before `end`, in time of `performance.now`. */
export async function awaitVerdict(imageId: string, end: number): Promise<boolean> {
  while (performance.now() < end) {
    await sleep(verdictLookMs)
    const { state } = await findSummary(imageId)
    if (state !== null && state !== 'running') return true
  }
  return false
}

type SummaryRow = CountColumns & {
  createdAt: Date
  state: CheckStateName | null
  reason: string | null
  beyond: number
  isDeep: boolean
  rulesVersion: string | null
  endedAt: Date | null
  isQueued: boolean
  filesLooked: number
  filesTotal: number
}

/** The verdict on an image, with the findings that its owner ignores. The caller has checked access. */
async function findSummary(imageId: string): Promise<CheckSummary> {
  const [row] = await db().$queryRaw<SummaryRow[]>`
    SELECT i."createdAt", c.state::text AS state, c.reason, c.beyond, c."isDeep", c."rulesVersion", c."endedAt", c."isQueued",
      c."filesLooked", c."filesTotal", ${countColumns}
    FROM "Image" i JOIN "Check" c ON c.sha256 = i.sha256 ${ignoredBy(Prisma.sql`i."ownerId"`)} WHERE i.id = ${imageId}`
  if (!row) return noSummary
  const { open, ignored } = countsOf(row)
  const { createdAt, endedAt, state, reason, beyond, isDeep, rulesVersion, isQueued, filesLooked, filesTotal } = row
  return {
    ...{
      state,
      reason,
      open,
      ignored: totalOf(ignored),
      beyond,
      isDeep,
      rulesVersion,
      isQueued,
      filesLooked,
      filesTotal,
    },
    checkedAt: endedAt && laterOf(endedAt, createdAt).toISOString(),
  }
}

function laterOf(one: Date, other: Date): Date {
  return one > other ? one : other
}

const noSummary: CheckSummary = {
  ...{ state: null, reason: null, open: noFindings, ignored: 0, beyond: 0, isDeep: false, rulesVersion: null },
  ...{ checkedAt: null, isQueued: false, filesLooked: 0, filesTotal: 0 },
}

export async function findShareCheck(ctx: Context, imageId: string): Promise<ShareCheckSummary | null> {
  if (env().ECS_DISK_CHECK === 'off') return null
  const [summary, gravest] = await Promise.all([
    findSummary(imageId),
    listFindings(ctx, imageId, { where: Prisma.sql`AND ig.at IS NULL`, limit: gravestShown, offset: 0 }),
  ])
  return { ...summary, policy: sharePolicy(), gravest }
}

export async function getImageCheck(ctx: Context, { region, imageId }: CheckParams): Promise<ImageCheck | null> {
  const { ownerId } = ctx.viewer
  const image = await db().image.findFirst({
    where: { id: imageId, regionId: region, OR: [{ ownerId }, { heldShares: { some: { recipientId: ownerId } } }] },
    select: { ownerId: true },
  })
  if (!image) return null
  const summary = await findSummary(imageId)
  if (image.ownerId === ownerId) return { view: 'owner', ...summary }
  const { state, checkedAt, open, ignored } = summary
  return { view: 'recipient', state, checkedAt, findings: totalOf(open) + ignored }
}

type FindingRow = Omit<FindingItem, 'offset' | 'remedy' | 'ignored'> & {
  offset: bigint | null
  remedy: string
  ignoredReason: string | null
  ignoredBy: string | null
  ignoredAt: Date | null
}

type Slice = { where?: Prisma.Sql; order?: Prisma.Sql; limit: number; offset: number }

const gravestFirst = Prisma.sql`f.severity, f.rule, f.partition, f.path, f.line NULLS FIRST, f.id`

async function listFindings(
  { viewer }: Context,
  imageId: string,
  { where = Prisma.empty, order = gravestFirst, limit, offset }: Slice,
): Promise<FindingItem[]> {
  const rows = await db().$queryRaw<FindingRow[]>`
    SELECT f.id, f.rule, f.severity::text AS severity, f.partition, f.path, f.line, f."offset", f.masked, f."ownedBy", f.remedy, f.cleanable,
      ig.reason AS "ignoredReason", ig.by AS "ignoredBy", ig.at AS "ignoredAt"
    FROM "Image" i JOIN "Finding" f ON f.sha256 = i.sha256
      LEFT JOIN "IgnoredFinding" ig ON ig."ownerId" = i."ownerId" AND ig.sha256 = f.sha256 AND ig."findingId" = f.id
    WHERE i.id = ${imageId} AND i."ownerId" = ${viewer.ownerId} ${where} ORDER BY ${order} LIMIT ${limit} OFFSET ${offset}`
  return rows.map(({ ignoredReason, ignoredBy: by, ignoredAt, offset: place, remedy, ...row }) => ({
    ...row,
    offset: place === null ? null : Number(place),
    remedy: storedRemedy.parse(remedy),
    ignored: ignoredAt && { reason: ignoredReason ?? '', by: by ?? '', at: ignoredAt.toISOString() },
  }))
}

export async function getCheckReport(ctx: Context, params: CheckReportParams): Promise<CheckReportPage | null> {
  const image = await findOwnImage(ctx, params)
  if (!image) return null
  const severity = params.severity ? Prisma.sql`AND f.severity = ${params.severity}::"FindingSeverity"` : Prisma.empty
  const rule = params.rule ? Prisma.sql`AND f.rule = ${params.rule}` : Prisma.empty
  const ignored = params.ignored ? Prisma.sql`AND (ig.at IS NOT NULL) = ${params.ignored === 'yes'}` : Prisma.empty
  const where = Prisma.sql`${severity} ${rule} ${ignored}`
  const byPath = Prisma.sql`f.partition, f.path, f.line NULLS FIRST, f.severity, f.id`
  const slice = { where, limit: findingsShown, offset: (params.page - 1) * findingsShown }
  const [check, items, rules, found, counted, stored] = await Promise.all([
    findSummary(image.id),
    listFindings(ctx, image.id, params.sort === 'path' ? { ...slice, order: byPath } : slice),
    countRules(image.sha256),
    countPartitions(image.sha256),
    countFindings(ctx, image.id, where),
    findDisk(image.sha256),
  ])
  const { blob, virtualSize, ...fields } = image
  const partitions = parseDiskLayout(blob?.layout ?? null)?.partitions ?? []
  return {
    image: { ...fields, virtualSize: Number(virtualSize) },
    isOn: env().ECS_DISK_CHECK !== 'off',
    check,
    disk: stored,
    layout: partitions.map(({ start, size, name, fileSystem }, index) => ({
      ...{ index, start, size },
      label: fileSystem?.label || name || null,
    })),
    found,
    rules,
    items,
    total: counted,
    pageSize: findingsShown,
  }
}

async function findOwnImage({ viewer }: Context, { region, imageId }: CheckParams) {
  return await db().image.findFirst({
    where: { id: imageId, ownerId: viewer.ownerId, regionId: region },
    select: { id: true, name: true, state: true, sha256: true, virtualSize: true, blob: { select: { layout: true } } },
  })
}

async function countRules(sha256: string | null): Promise<RuleCount[]> {
  if (sha256 === null) return []
  return await db().$queryRaw<RuleCount[]>`
    SELECT rule, severity::text AS severity, count(*)::int AS findings FROM "Finding" WHERE sha256 = ${sha256}
    GROUP BY rule, "Finding".severity ORDER BY "Finding".severity, rule`
}

async function countPartitions(sha256: string | null): Promise<CheckReportPage['found']> {
  if (sha256 === null) return []
  return await db().$queryRaw<CheckReportPage['found']>`
    SELECT partition, count(*)::int AS "all", count(*) FILTER (WHERE severity IN ('critical', 'high'))::int AS grave
    FROM "Finding" WHERE sha256 = ${sha256} GROUP BY partition ORDER BY partition`
}

async function countFindings({ viewer }: Context, imageId: string, where: Prisma.Sql): Promise<number> {
  const [row] = await db().$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM "Image" i JOIN "Finding" f ON f.sha256 = i.sha256
      LEFT JOIN "IgnoredFinding" ig ON ig."ownerId" = i."ownerId" AND ig.sha256 = f.sha256 AND ig."findingId" = f.id
    WHERE i.id = ${imageId} AND i."ownerId" = ${viewer.ownerId} ${where}`
  return row?.count ?? 0
}

async function findDisk(sha256: string | null) {
  if (sha256 === null) return null
  const check = await db().check.findUnique({ where: { sha256 }, select: { report: true } })
  return checkedDisk
    .nullable()
    .catch(null)
    .parse(check?.report ?? null)
}

export async function getCheckExport(ctx: Context, params: CheckExportParams) {
  const image = await findOwnImage(ctx, params)
  if (!image) return null
  const [check, findings, disk] = await Promise.all([
    findSummary(image.id),
    listFindings(ctx, image.id, { limit: 10_000, offset: 0 }),
    findDisk(image.sha256),
  ])
  const { id, name, sha256 } = image
  return { image: { id, name, sha256 }, region: params.region, check, disk, findings }
}
export type CheckExport = NonNullable<Awaited<ReturnType<typeof getCheckExport>>>

/** Checks with an expired lease: their worker died, or the queue lost them. */
export async function findDeadChecks(): Promise<string[]> {
  const dead = await db().$queryRaw<{ sha256: string }[]>`
    SELECT sha256 FROM "Check" WHERE "isQueued" AND ${isLeaseOver} LIMIT 1000`
  return dead.map(({ sha256 }) => sha256)
}

/** The blob with a content's bytes; null if no store has them any more. */
export async function findBytes(sha256: string) {
  return await db().blob.findFirst({
    where: { sha256, state: 'ready' },
    select: { id: true, sha256: true, regionId: true, size: true, format: true },
    orderBy: { regionId: 'asc' },
  })
}
