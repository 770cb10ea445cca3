import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { isUniqueViolation } from '@/lib/db/errors'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import { firstPriceFrom, firstTypes } from './rules'
import type { ComingPrice, NewTypeInput, TypePriceInput } from './schema'

/**
 * Adds the initial types if there are none. Two workers that start at once add them once: the second waits for the
 * first one's rows and adds nothing.
 */
export async function seedInstanceTypes(now: Date): Promise<void> {
  await db().$executeRaw`
    WITH seed AS (SELECT * FROM jsonb_to_recordset(${JSON.stringify(firstTypes)}::jsonb)
      AS seed(id text, vcpus int, "memoryMib" int, amount int)),
    added AS (
      INSERT INTO "InstanceType" (id, vcpus, "memoryMib", "createdAt")
      SELECT id, vcpus, "memoryMib", ${now}::timestamptz FROM seed WHERE NOT EXISTS (SELECT FROM "InstanceType")
      ON CONFLICT DO NOTHING RETURNING id)
    INSERT INTO "InstancePrice" ("typeId", "validFrom", amount)
    SELECT id, ${firstPriceFrom}::timestamptz, amount FROM seed JOIN added USING (id)`
}

/** Adds a type with its first price, as the operator. Refuses INSTANCE_TYPE_EXISTS. */
export async function addInstanceType(
  ctx: Context,
  { type, vcpus, memoryMib, amount }: NewTypeInput,
): Promise<Result<{ type: string }, RefusalOf<'INSTANCE_TYPE_EXISTS' | 'BUSY'>>> {
  try {
    return await inTransaction(async (tx) => {
      const prices = { create: { validFrom: firstPriceFrom, amount } }
      await tx.instanceType.create({ data: { id: type, vcpus, memoryMib, createdAt: ctx.now, prices } })
      await recordEvents(tx, ctx, [{ action: 'type.add', details: { type, vcpus, memoryMib, amount } }])
      return ok({ type })
    })
  } catch (error) {
    if (isUniqueViolation(error)) return refuse({ code: 'INSTANCE_TYPE_EXISTS' })
    throw error
  }
}

/**
 * Sets the price of a type from the next full hour on, by the database's clock, as the operator. Replaces a price that
 * was set for that hour before; an hour that has begun keeps its price. Refuses INSTANCE_TYPE_NOT_FOUND.
 */
export async function setInstancePrice(
  ctx: Context,
  { type, amount }: TypePriceInput,
): Promise<Result<ComingPrice, RefusalOf<'INSTANCE_TYPE_NOT_FOUND' | 'BUSY'>>> {
  return await inTransaction(async (tx) => {
    // Serialises concurrent price changes of one type.
    const [locked] = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM "InstanceType" WHERE id = ${type} FOR NO KEY UPDATE`
    if (!locked) return refuse({ code: 'INSTANCE_TYPE_NOT_FOUND' })
    const [set] = await tx.$queryRaw<{ from: Date }[]>`
      INSERT INTO "InstancePrice" ("typeId", "validFrom", amount)
      VALUES (${type}, date_trunc('hour', clock_timestamp(), 'UTC') + interval '1 hour', ${amount})
      ON CONFLICT ("typeId", "validFrom") DO UPDATE SET amount = excluded.amount RETURNING "validFrom" AS from`
    if (!set) throw new Error('A price that was set is not there.')
    const from = set.from.toISOString()
    await recordEvents(tx, ctx, [{ action: 'type.price', details: { type, amount, from } }])
    return ok({ type, from, amount })
  })
}

/** Retires a type, as the operator: new instances cannot use it, existing ones keep it. Refuses INSTANCE_TYPE_NOT_FOUND. */
export async function retireInstanceType(
  ctx: Context,
  type: string,
): Promise<Result<{ type: string }, RefusalOf<'INSTANCE_TYPE_NOT_FOUND' | 'BUSY'>>> {
  return await inTransaction(async (tx) => {
    const found = await tx.instanceType.findUnique({ where: { id: type } })
    if (!found) return refuse({ code: 'INSTANCE_TYPE_NOT_FOUND' })
    const { count } = await tx.instanceType.updateMany({
      where: { id: type, retiredAt: null },
      data: { retiredAt: ctx.now },
    })
    if (count > 0) await recordEvents(tx, ctx, [{ action: 'type.retire', details: { type } }])
    return ok({ type })
  })
}
