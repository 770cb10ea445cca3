import 'server-only'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import type { ComingPrice, InstanceTypeOffer } from './schema'

/** The latest price that began at or before an hour. An hour before the first price costs the first price. */
export function selectPrice(typeId: Prisma.Sql, hour: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`coalesce((SELECT amount FROM "InstancePrice" WHERE "typeId" = ${typeId} AND "validFrom" <= ${hour}
      ORDER BY "validFrom" DESC LIMIT 1),
    (SELECT amount FROM "InstancePrice" WHERE "typeId" = ${typeId} ORDER BY "validFrom" LIMIT 1))`
}

/** All instance types with their current price by the database's clock, cheapest first, retired ones included. */
export async function listInstanceTypes(): Promise<InstanceTypeOffer[]> {
  return await db().$queryRaw<InstanceTypeOffer[]>`
    SELECT id, vcpus, "memoryMib", "retiredAt" IS NOT NULL AS retired,
      ${selectPrice(Prisma.sql`t.id`, Prisma.sql`clock_timestamp()`)} AS amount
    FROM "InstanceType" t ORDER BY amount, id`
}

export async function listComingPrices(): Promise<ComingPrice[]> {
  const rows = await db().$queryRaw<{ type: string; from: Date; amount: number }[]>`
    SELECT "typeId" AS type, "validFrom" AS from, amount FROM "InstancePrice" WHERE "validFrom" > clock_timestamp()
    ORDER BY "typeId", "validFrom"`
  return rows.map(({ from, ...price }) => ({ ...price, from: from.toISOString() }))
}
