import 'server-only'
import { type Context, operatorId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { type Counts, countColumns, rangeOf } from '@/lib/db/count'
import { Prisma } from '@/lib/db/generated/client'
import { keyset, likePattern, type SortColumn } from '@/lib/db/page'
import { plannedEachTime } from '@/lib/db/statement-names'
import { env } from '@/lib/env'
import { type AuditFilters, isEventAction } from './rules'
import type { AuditItem, AuditPage, AuditParams, Checkpoint } from './schema'

/** A row of the audit trail with everything that is hashed, as exported. */
export type EntryRow = {
  accountId: string
  seq: bigint
  eventId: bigint
  at: Date
  action: string
  actorId: string
  actorName: string
  address: string | null
  ownerName: string
  regionId: string | null
  imageId: string | null
  imageName: string | null
  shareId: string | null
  recipientName: string | null
  instanceId: string | null
  instanceName: string | null
  snapshotId: string | null
  snapshotName: string | null
  details: string
  hash: string
}

/** Sorts by the order of a chain. `seq` is unique in it, so the second column never decides. */
const bySeq: SortColumn<EntryRow> = {
  column: Prisma.sql`a.seq`,
  type: Prisma.sql`bigint`,
  idColumn: Prisma.sql`a."accountId"`,
  value: (row) => String(row.seq),
}

/** The entries of the viewer's master account that match the filters. */
function entriesOf({ viewer }: Context, { q, account, action, from, until }: AuditFilters): Prisma.Sql {
  const zone = env().ECS_TIME_ZONE
  const dayBegins = (day: string, days: number) =>
    Prisma.sql`((${day}::date + ${days}::int)::timestamp AT TIME ZONE ${zone})`
  return Prisma.sql`FROM "AuditEntry" a WHERE a."accountId" = ${viewer.ownerId}
    ${account ? Prisma.sql`AND a."actorName" = ${account}` : Prisma.empty}
    ${action ? byAction(action) : Prisma.empty}
    ${from ? Prisma.sql`AND a.at >= ${dayBegins(from, 0)}` : Prisma.empty}
    ${until ? Prisma.sql`AND a.at < ${dayBegins(until, 1)}` : Prisma.empty}
    ${q ? byResource(q) : Prisma.empty}`
}

function byAction(action: string): Prisma.Sql {
  return isEventAction(action) ? Prisma.sql`AND a.action = ${action}` : Prisma.sql`AND a.action LIKE ${`${action}.%`}`
}

/** Matches the resource of an entry: part of a name, or a whole id. */
function byResource(q: string): Prisma.Sql {
  const [part, id] = [likePattern(q), q.toLowerCase()]
  return Prisma.sql`AND (${id} IN (a."imageId", a."instanceId", a."snapshotId", a."shareId") OR a."imageName" ILIKE ${part}
    OR a."instanceName" ILIKE ${part} OR a."snapshotName" ILIKE ${part} OR a."recipientName" ILIKE ${part} OR a."ownerName" ILIKE ${part})`
}

/** One page of the audit trail of the viewer's master account, newest first. */
export async function listAudit(ctx: Context, list: AuditParams): Promise<AuditPage> {
  const page = keyset('-seq', bySeq, list, list.size)
  const entries = entriesOf(ctx, list)
  const rows = await db().$queryRaw<EntryRow[]>`SELECT ${plannedEachTime} a.* ${entries} ${page.where} ${page.tail}`
  // A first page that is not full is the whole list. Counting it would read a long trail again if matches are rare.
  const isWhole = page.passed === null && rows.length <= list.size
  const [counts] = isWhole
    ? [{ total: rows.length, passed: 0 }]
    : await db().$queryRaw<Counts[]>`SELECT ${plannedEachTime} ${countColumns(entries, page)}`
  const shown = page.toPage(rows, (row) => row.accountId, toItem)
  return { ...shown, range: rangeOf(page, counts, shown.items.length) }
}

const exportedAtOnce = 1_000

/** All entries that match the filters, newest first, in batches for an export. */
export async function* auditRows(ctx: Context, filters: AuditFilters): AsyncGenerator<EntryRow[]> {
  const entries = entriesOf(ctx, filters)
  for (let before: bigint | undefined = 2n ** 63n - 1n; before !== undefined; ) {
    const rows: EntryRow[] = await db().$queryRaw<EntryRow[]>`
      SELECT ${plannedEachTime} a.* ${entries} AND a.seq < ${before} ORDER BY a.seq DESC LIMIT ${exportedAtOnce}`
    if (rows.length > 0) yield rows
    before = rows.at(-1)?.seq
  }
}

/** The chain of a tenant from its first entry, or after a given one, in batches. */
export async function* chainRows(accountId: string, after = 0n): AsyncGenerator<EntryRow[]> {
  for (let last: bigint | undefined = after; last !== undefined; ) {
    const rows: EntryRow[] = await db().$queryRaw<EntryRow[]>`
      SELECT * FROM "AuditEntry" WHERE "accountId" = ${accountId} AND seq > ${last} ORDER BY seq LIMIT ${exportedAtOnce}`
    if (rows.length > 0) yield rows
    last = rows.at(-1)?.seq
  }
}

/** The checkpoints of one tenant or of all, in batches. */
export async function* checkpointRows(accountId: string | null): AsyncGenerator<Checkpoint[]> {
  for (
    let last: Checkpoint | undefined = { accountId: '', seq: '0', hash: '', at: '', keyId: '', signature: '' };
    last;
  ) {
    const rows: (Omit<Checkpoint, 'seq' | 'at'> & { seq: bigint; at: Date })[] = await db().$queryRaw`
      SELECT * FROM "AuditCheckpoint" WHERE (${accountId}::text IS NULL OR "accountId" = ${accountId})
        AND ("accountId", seq, "keyId") > (${last.accountId}, ${BigInt(last.seq)}::bigint, ${last.keyId})
      ORDER BY "accountId", seq, "keyId" LIMIT ${exportedAtOnce}`
    const batch = rows.map((row) => ({ ...row, seq: String(row.seq), at: row.at.toISOString() }))
    if (batch.length > 0) yield batch
    last = batch.at(-1)
  }
}

function toItem(row: EntryRow): AuditItem {
  const named = (id: string | null, name: string | null) => (id === null ? null : { id, name: name ?? id })
  return {
    seq: String(row.seq),
    at: row.at.toISOString(),
    by: row.actorId !== operatorId ? 'account' : row.actorName === operatorId ? 'operator' : 'console',
    actor: row.actorName,
    address: row.address,
    action: row.action,
    owner: row.ownerName,
    regionId: row.regionId,
    image: named(row.imageId, row.imageName),
    recipient: row.recipientName,
    instance: named(row.instanceId, row.instanceName),
    snapshot: named(row.snapshotId, row.snapshotName),
    details: detailsOf(row.details),
  }
}

/** The details as an object; empty if the row was tampered with, which a verification reports. */
export function detailsOf(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
  } catch {
    return {}
  }
}
