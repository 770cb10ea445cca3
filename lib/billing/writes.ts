import 'server-only'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import type { Transaction } from '@/lib/db/transaction'
import { selectPrice } from '@/lib/instance-types/reads'
import { selectCurrency } from './reads'

/** The most runs, and hours of each run, that one statement meters. The next statement continues. */
const runsAtOnce = 10_000
export const hoursAtOnce = 24

/**
 * Writes the missing lines: one for each instance and clock hour in UTC in which it is proven to have run, at the price
 * of that hour (rule 23), for the master account that owns the instance (rule 4). An hour that has not begun by the database's
 * clock is left out, whatever a run says. Lines and `meteredHour` are written by one statement, so a worker that dies has written
 * both or neither; runs locked by another worker are skipped. Returns the number of runs metered: 0 when nothing is due.
 */
export async function meterRuns(tx: Pick<Transaction, '$executeRaw'> = db()): Promise<number> {
  const hour = Prisma.sql`interval '1 hour'`
  return await tx.$executeRaw`
    WITH due AS MATERIALIZED (
      SELECT "instanceId", "from", "to", "typeId", coalesce("meteredHour" + ${hour}, date_trunc('hour', "from", 'UTC')) AS "first",
        date_trunc('hour', greatest("from", "to" - interval '1 ms'), 'UTC') AS "last"
      FROM "InstanceRun"
      WHERE ("meteredHour" IS NULL OR "to" - "meteredHour" > interval '1 hour')
        AND coalesce("meteredHour" + ${hour}, date_trunc('hour', "from", 'UTC')) <= clock_timestamp()
        AND EXISTS (SELECT FROM "InstancePrice" p WHERE p."typeId" = "InstanceRun"."typeId")
      ORDER BY "instanceId", "from" LIMIT ${runsAtOnce} FOR NO KEY UPDATE SKIP LOCKED),
    hours AS MATERIALIZED (
      SELECT due.*, hour FROM due CROSS JOIN LATERAL generate_series("first",
        least("last", "first" + ${hoursAtOnce - 1} * ${hour}, clock_timestamp()), ${hour}) AS hour),
    lines AS (
      INSERT INTO "LedgerEntry" (kind, at, "accountId", "accountName", "regionId", "instanceId", "instanceName", "typeId", vcpus,
        "memoryMib", "imageId", "imageName", "imageOwnerId", "imageOwnerName", hour, "from", "to", price, amount, currency)
      SELECT 'USAGE', clock_timestamp(), a.id, a.username, i."regionId", i.id, i.name, t.id, t.vcpus, t."memoryMib", i."imageId",
        i."imageName", i."imageOwnerId", i."imageOwnerName", h.hour, greatest(h."from", h.hour), h.hour + ${hour},
        p.price, p.price, ${selectCurrency()}
      FROM (SELECT DISTINCT ON ("instanceId", hour) * FROM hours ORDER BY "instanceId", hour, "from") h
        JOIN "Instance" i ON i.id = h."instanceId" JOIN "Account" a ON a.id = i."ownerId"
        JOIN "InstanceType" t ON t.id = h."typeId"
        CROSS JOIN LATERAL (SELECT ${selectPrice(Prisma.sql`t.id`, Prisma.sql`h.hour`)} AS price) p
      ORDER BY h."instanceId", h.hour
      ON CONFLICT ("instanceId", hour) WHERE kind = 'USAGE' DO NOTHING)
    UPDATE "InstanceRun" r SET "meteredHour" = h.hour
    FROM (SELECT "instanceId", "from", max(hour) AS hour FROM hours GROUP BY 1, 2) h
    WHERE r."instanceId" = h."instanceId" AND r."from" = h."from"`
}

/** Meters until nothing is due, or for at most `statementsMax` statements. */
export async function meterAll(statementsMax = 100): Promise<void> {
  for (let issued = 0; issued < statementsMax; issued++) if ((await meterRuns()) === 0) return
}
