import 'server-only'
import type { Context, OwnerId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { type LedgerEntry, Prisma } from '@/lib/db/generated/client'
import { keyset, type SortColumn } from '@/lib/db/page'
import { plannedEachTime } from '@/lib/db/statement-names'
import { env } from '@/lib/env'
import { selectPrice } from '@/lib/instance-types/reads'
import { logSeldom } from '@/lib/log'
import { regionsWith } from '@/lib/permissions'
import { dayStarts, hoursLeft, monthAfter, monthOf } from './rules'
import type { Bill, BillDay, BillParams, BillRow, BillSeries } from './schema'

export function selectCurrency(): Prisma.Sql {
  return Prisma.sql`coalesce((SELECT currency FROM "LedgerEntry" ORDER BY id LIMIT 1), ${env().ECS_CURRENCY})`
}

/** The currency of all charges, by ISO 4217. */
export async function findCurrency(): Promise<string> {
  const [found] = await db().$queryRaw<{ currency: string }[]>`SELECT ${selectCurrency()} AS currency`
  return found?.currency ?? env().ECS_CURRENCY
}

/**
 * The ledger's currency if ECS_CURRENCY names another, else null. The ledger's stays in use, and the operator is
 * warned.
 */
export async function findCurrencyConflict(): Promise<string | null> {
  const [ledger, setting] = [await findCurrency(), env().ECS_CURRENCY]
  if (ledger === setting) return null
  logSeldom('ECS_CURRENCY is not the currency of the ledger, which its first line has fixed.', { ledger, setting })
  return ledger
}

/** How many instances the chart shows separately; all others are one series. */
const seriesMax = 5
const rowsMax = 50
const linesAtOnce = 1_000

type Which = { ownerId: OwnerId; from: Date; to: Date; images: 'all' | 'shared'; regions: 'all' | string[] }

function selectLines({ ownerId, from, to, images, regions }: Which): Prisma.Sql {
  const shared = images === 'shared' ? Prisma.sql`AND "imageOwnerId" <> ${ownerId}` : Prisma.empty
  return Prisma.sql`
    SELECT * FROM "LedgerEntry" WHERE "accountId" = ${ownerId} AND hour >= ${from} AND hour < ${to} ${shared} ${inRegions(regions)}`
}

function inRegions(regions: Which['regions']): Prisma.Sql {
  return regions === 'all' ? Prisma.empty : Prisma.sql`AND "regionId" = ANY(${regions})`
}

/** The bill of the viewer's master account for a month in the deployment's time zone. */
export async function getBill(ctx: Context, params: BillParams): Promise<Bill> {
  const { ownerId } = ctx.viewer
  const { ECS_TIME_ZONE: zone } = env()
  const current = monthOf(ctx.now, zone)
  const month = params.month && params.month < current ? params.month : current
  const starts = dayStarts(month, zone)
  const [from, to] = [starts[0] ?? ctx.now, starts.at(-1) ?? ctx.now]
  const which = { ownerId, from, to, images: params.images, regions: regionsWith(ctx.viewer, 'bill.read') }
  const [currency, first, chart, rows, running] = await Promise.all([
    findCurrency(),
    firstMonth(ownerId, zone),
    readChart(which, starts),
    readRows(which, params),
    month === current ? readRunning(which) : null,
  ])
  const total = chart.days.reduce((sum, { amount }) => sum + amount, 0)
  return {
    month,
    images: params.images,
    previous: first !== null && first < month ? monthAfter(month, -1) : null,
    next: month < current ? monthAfter(month, 1) : null,
    currency,
    total,
    daysInMonth: starts.length - 1,
    ...chart,
    rows,
    forecast: running && { ...running, total: total + running.rate * hoursLeft(ctx.now, to) },
  }
}

async function firstMonth(ownerId: OwnerId, zone: string): Promise<string | null> {
  const first = await db().ledgerEntry.findFirst({
    where: { accountId: ownerId },
    orderBy: [{ hour: 'asc' }, { id: 'asc' }],
    select: { hour: true },
  })
  return first && monthOf(first.hour, zone)
}

type DayRow = { day: number; rank: number; instanceId: string; name: string; amount: number; hours: number }

async function readChart(which: Which, starts: Date[]): Promise<Pick<Bill, 'days' | 'series'>> {
  const rows = await db().$queryRaw<DayRow[]>`
    WITH lines AS MATERIALIZED (${selectLines(which)}),
    ranked AS (SELECT "instanceId", (array_agg("instanceName" ORDER BY id DESC))[1] AS name,
        least(row_number() OVER (ORDER BY sum(amount) DESC, "instanceId"), ${seriesMax + 1}) AS rank
      FROM lines GROUP BY 1)
    SELECT ${plannedEachTime} width_bucket(l.hour, ${starts}::timestamptz[])::int AS day, r.rank::int AS rank,
      min(r."instanceId") AS "instanceId", min(r.name) AS name, sum(l.amount)::float8 AS amount,
      count(*) FILTER (WHERE l.kind = 'USAGE')::int AS hours
    FROM lines l JOIN ranked r USING ("instanceId") GROUP BY 1, 2 ORDER BY 1, 2`
  const series: BillSeries[] = []
  const days = new Map<number, BillDay>()
  const width = rows.reduce((most, { rank }) => Math.max(most, rank), 0)
  for (const { day, rank, instanceId, name, amount, hours } of rows) {
    const isRest = rank > seriesMax
    const known = series[rank - 1] ?? { instanceId: isRest ? null : instanceId, name, amount: 0 }
    series[rank - 1] = { ...known, amount: known.amount + amount }
    const found = days.get(day) ?? { day, amounts: Array.from({ length: width }, () => 0), hours: 0, amount: 0 }
    found.amounts[rank - 1] = amount
    days.set(day, { ...found, hours: found.hours + hours, amount: found.amount + amount })
  }
  return { days: [...days.values()], series }
}

type RowOfBill = Omit<BillRow, 'amount'> & { amount: bigint }

const byAmount: SortColumn<RowOfBill> = {
  column: Prisma.sql`amount`,
  type: Prisma.sql`bigint`,
  idColumn: Prisma.sql`id`,
  value: (row) => String(row.amount),
}

async function readRows(which: Which, { after, before }: BillParams): Promise<Bill['rows']> {
  const page = keyset('-amount', byAmount, { after, before }, rowsMax)
  const rows = await db().$queryRaw<RowOfBill[]>`
    SELECT ${plannedEachTime} * FROM (
      SELECT min(id)::text COLLATE "C" AS id, kind::text AS kind, "instanceId", (array_agg("instanceName" ORDER BY id DESC))[1] AS "instanceName",
        min("regionId") AS "regionId", "typeId", min("imageName") AS "imageName",
        CASE WHEN min("imageOwnerId") <> ${which.ownerId} THEN min("imageOwnerName") END AS "sharedBy",
        count(*)::int AS hours, price, sum(amount)::bigint AS amount, min(note) AS note
      FROM (${selectLines(which)}) lines
      GROUP BY "instanceId", "typeId", price, kind, CASE WHEN kind = 'ADJUSTMENT' THEN id END) bill
    WHERE true ${page.where} ${page.tail}`
  return page.toPage(
    rows,
    ({ id }) => id,
    (row) => ({ ...row, amount: Number(row.amount) }),
  )
}

async function readRunning({ ownerId, images, regions }: Which): Promise<{ running: number; rate: number }> {
  const shared = images === 'shared' ? Prisma.sql`AND i."imageOwnerId" <> ${ownerId}` : Prisma.empty
  const price = selectPrice(Prisma.sql`i."typeId"`, Prisma.sql`clock_timestamp() + interval '1 hour'`)
  const [row] = await db().$queryRaw<{ running: number; rate: number }[]>`
    SELECT ${plannedEachTime} coalesce(sum(count), 0)::int AS running, coalesce(sum(count * price), 0)::float8 AS rate FROM (
      SELECT count(*) AS count, ${price} AS price FROM "Instance" i
      WHERE i."ownerId" = ${ownerId} AND i.state = 'running' ${shared} ${inRegions(regions)} GROUP BY i."typeId") types`
  return row ?? { running: 0, rate: 0 }
}

export type LedgerLine = Omit<LedgerEntry, 'accountId' | 'accountName'>

export async function* billLines(ctx: Context, { month, images }: BillParams): AsyncGenerator<LedgerLine[]> {
  const starts = dayStarts(month ?? monthOf(ctx.now, env().ECS_TIME_ZONE), env().ECS_TIME_ZONE)
  const [from, to] = [starts[0] ?? ctx.now, starts.at(-1) ?? ctx.now]
  const which = { ownerId: ctx.viewer.ownerId, images, regions: regionsWith(ctx.viewer, 'bill.read') }
  let after = { hour: from, id: 0n }
  for (;;) {
    const lines = await db().$queryRaw<LedgerEntry[]>`
      SELECT * FROM (${selectLines({ ...which, from: after.hour, to })}) lines
      WHERE (hour, id) > (${after.hour}, ${after.id}) ORDER BY hour, id LIMIT ${linesAtOnce}`
    const last = lines.at(-1)
    if (last) yield lines
    if (!last || lines.length < linesAtOnce) return
    after = last
  }
}
