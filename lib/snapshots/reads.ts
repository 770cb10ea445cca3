import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { type Counts, countColumns, rangeOf } from '@/lib/db/count'
import { Prisma } from '@/lib/db/generated/client'
import { keyset, likePattern, type SortColumn } from '@/lib/db/page'
import { plannedEachTime } from '@/lib/db/statement-names'
import { quotaOf, usedOf } from '@/lib/quotas/reads'
import { resources } from '@/lib/quotas/rules'
import type { Meter } from '@/lib/quotas/schema'
import type { SnapshotStateName } from './rules'
import {
  type SnapshotInput,
  type SnapshotItem,
  type SnapshotList,
  type SnapshotListParams,
  snapshotFailure,
} from './schema'

type Row = Omit<
  SnapshotItem,
  'instance' | 'failure' | 'createdAt' | 'virtualSize' | 'size' | 'doneBytes' | 'totalBytes'
> & {
  instanceId: string
  instanceName: string
  isThere: boolean
  failure: unknown
  createdAt: Date
  virtualSize: bigint
  size: bigint
  doneBytes: bigint
  totalBytes: bigint
}

function sortBy(column: Prisma.Sql, type: Prisma.Sql, value: (row: Row) => string): SortColumn<Row> {
  return { column, type, idColumn: Prisma.sql`s.id`, value }
}

const byName = sortBy(Prisma.sql`s.name`, Prisma.sql`text`, (row) => row.name)
const byCreatedAt = sortBy(Prisma.sql`s."createdAt"`, Prisma.sql`timestamptz`, (row) => row.createdAt.toISOString())

/** One page of the viewer's snapshots in a region, or of one instance there, with the quota. */
export async function listSnapshots(ctx: Context, list: SnapshotListParams): Promise<SnapshotList> {
  const page = keyset(list.sort, list.sort.endsWith('name') ? byName : byCreatedAt, list, list.size)
  const search = list.q
    ? Prisma.sql`AND (s.name ILIKE ${likePattern(list.q)} OR ${list.q.toLowerCase()} IN (s.id, s."instanceId"))`
    : Prisma.empty
  const state = list.state ? Prisma.sql`AND s.state = ${list.state}::"SnapshotState"` : Prisma.empty
  const of = list.instanceId ? Prisma.sql`AND s."instanceId" = ${list.instanceId}` : Prisma.empty
  const { ownerId } = ctx.viewer
  const asked = Prisma.sql`WHERE s."ownerId" = ${ownerId} AND s."regionId" = ${list.region} ${of} ${search} ${state}`
  const counted = { account: Prisma.sql`${ownerId}`, region: Prisma.sql`${list.region}` }
  const meter = Prisma.sql`json_build_object('used', ${usedOf('snapshots', counted)}, 'quota', ${quotaOf('snapshots', counted)})`
  const [rows, [extras]] = await Promise.all([
    db().$queryRaw<Row[]>`
      SELECT ${plannedEachTime} s.id, s.name, s.description, s.state::text AS state, s.failure, s."instanceId", s."instanceName",
        EXISTS (SELECT 1 FROM "Instance" i WHERE i.id = s."instanceId" AND i.state <> 'terminated') AS "isThere",
        s."operatingSystem", s."virtualSize", s.size, s."doneBytes", s."totalBytes", s.consistency::text AS consistency, s."createdAt"
      FROM "Snapshot" s ${asked} ${page.where} ${page.tail}`,
    db().$queryRaw<(Counts & { meter: Meter })[]>`
      SELECT ${plannedEachTime} ${countColumns(Prisma.sql`FROM "Snapshot" s ${asked}`, page)}, ${meter} AS meter`,
  ])
  const shown = page.toPage(rows, (row) => row.id, toItem)
  return {
    ...shown,
    range: rangeOf(page, extras, shown.items.length),
    quota: extras?.meter ?? { used: 0, quota: resources.snapshots.default },
  }
}

export async function findSnapshot(
  { viewer }: Context,
  { region, snapshotId }: SnapshotInput,
): Promise<{ id: string; name: string; state: SnapshotStateName } | null> {
  return await db().snapshot.findFirst({
    where: { id: snapshotId, ownerId: viewer.ownerId, regionId: region },
    select: { id: true, name: true, state: true },
  })
}

function toItem({ instanceId, instanceName, isThere, ...row }: Row): SnapshotItem {
  return {
    ...row,
    instance: { id: instanceId, name: instanceName, isThere },
    failure: snapshotFailure.nullable().catch(null).parse(row.failure),
    virtualSize: Number(row.virtualSize),
    size: Number(row.size),
    doneBytes: Number(row.doneBytes),
    totalBytes: Number(row.totalBytes),
    createdAt: row.createdAt.toISOString(),
  }
}
