import 'server-only'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { selectPrice } from '@/lib/instance-types/reads'
import { type Finding, idRanges, type VerifyOptions, violation } from './finding'

const instancesAtOnce = 100
const linesAtOnce = 5_000n
/** Metering runs every 15 s, so recent hours may not be metered yet. */
const patience = Prisma.sql`interval '5 minutes'`

/** Compares the ledger with the proven runs: every hour has one line, with the price and account of that time. */
export async function* verifyLedger({ signal }: VerifyOptions): AsyncGenerator<Finding> {
  for await (const { after, upTo } of idRanges('Instance', instancesAtOnce, signal)) {
    for (const { instanceId, hour } of await unchargedHours(after, upTo))
      yield violation(
        'ledger-missing',
        instanceId,
        `The instance ran in the hour ${hour.toISOString()}, which has no line.`,
      )
  }
  const [bounds] = await db().$queryRaw<{ last: bigint | null }[]>`SELECT max(id) AS last FROM "LedgerEntry"`
  const last = bounds?.last ?? 0n
  for (let after = 0n; after < last; after += linesAtOnce) {
    signal?.throwIfAborted()
    for (const line of await oddLines(after)) yield* findingsOf(line)
  }
}

async function unchargedHours(after: string, upTo: string): Promise<{ instanceId: string; hour: Date }[]> {
  return await db().$queryRaw<{ instanceId: string; hour: Date }[]>`
    SELECT DISTINCT r."instanceId", hour FROM "InstanceRun" r
    CROSS JOIN LATERAL generate_series(date_trunc('hour', r."from", 'UTC'),
      least(greatest(r."from", r."to" - interval '1 ms'), clock_timestamp()), interval '1 hour') AS hour
    WHERE r."instanceId" > ${after} AND r."instanceId" <= ${upTo}
      AND greatest(r."from", hour.hour) < clock_timestamp() - ${patience}
      AND NOT EXISTS (SELECT FROM "LedgerEntry" l
        WHERE l.kind = 'USAGE' AND l."instanceId" = r."instanceId" AND l.hour = hour.hour)
    ORDER BY 1, 2`
}

type Line = {
  id: bigint
  instanceId: string
  hour: Date
  hasRun: boolean
  isPriced: boolean
  isOfOwner: boolean
  isOneCurrency: boolean
}

// Lines of deleted instance rows cannot be compared.
async function oddLines(after: bigint): Promise<Line[]> {
  return await db().$queryRaw<Line[]>`
    SELECT * FROM (
      SELECT l.id, l."instanceId", l.hour,
        l.kind <> 'USAGE' OR i.id IS NULL OR EXISTS (SELECT FROM "InstanceRun" r WHERE r."instanceId" = l."instanceId"
          AND r."from" < l.hour + interval '1 hour' AND (r."to" > l.hour OR r."from" >= l.hour)) AS "hasRun",
        l.kind <> 'USAGE' OR l.amount = l.price
          AND l.price = coalesce(${selectPrice(Prisma.sql`l."typeId"`, Prisma.sql`l.hour`)}, l.price) AS "isPriced",
        i.id IS NULL OR i."ownerId" = l."accountId" AS "isOfOwner",
        l.currency = (SELECT currency FROM "LedgerEntry" ORDER BY id LIMIT 1) AS "isOneCurrency"
      FROM "LedgerEntry" l LEFT JOIN "Instance" i ON i.id = l."instanceId"
      WHERE l.id > ${after} AND l.id <= ${after + linesAtOnce}) lines
    WHERE NOT ("hasRun" AND "isPriced" AND "isOfOwner" AND "isOneCurrency") ORDER BY id`
}

function findingsOf({ id, instanceId, hour, ...is }: Line): Finding[] {
  const about = `of ${instanceId} in the hour ${hour.toISOString()}`
  const wrongs: [isWrong: boolean, kind: string, message: string][] = [
    [!is.hasRun, 'ledger-unproven', `The line ${about} has no running time.`],
    [!is.isPriced, 'ledger-price', `The line ${about} does not have the price that its type had then.`],
    [!is.isOfOwner, 'ledger-account', `The line ${about} is charged to another account than the instance's owner.`],
    [!is.isOneCurrency, 'ledger-currency', `The line ${about} is in another currency than the ledger.`],
  ]
  return wrongs.flatMap(([isWrong, kind, message]) => (isWrong ? [violation(kind, String(id), message)] : []))
}
