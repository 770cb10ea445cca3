import 'server-only'
import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import { ok, type Refusal, type Result } from '@/lib/result'
import { db } from './client'
import { Prisma } from './generated/client'
import type { Transaction } from './transaction'

/** How long a key is remembered. After that, the same form is a new request. */
const rememberedMs = 24 * 60 * 60 * 1000

/** A digest of operation, account, the form's key and its input: with other input it is another request. */
export function idempotencyKeyOf(operation: string, { viewer }: Context, key: string, input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([operation, viewer.accountId, key, input]))
    .digest('hex')
}

/** A column with the stored answer of this key, for a statement of facts; null if there is none. */
export function selectAnswer({ idempotencyKey }: Context): Prisma.Sql {
  return Prisma.sql`(SELECT answer FROM "IdempotencyKey" WHERE id = ${idempotencyKey ?? null}::text)`
}

/** The answer stored under the same key, marked as a replay: nothing was done, and nothing is counted. */
export function replayed<T>(answer: z.ZodType<T>, before: unknown) {
  return { ...ok(answer.parse(before)), isReplay: true } as const
}

/** The statement that stores the answer, for use within a larger statement. */
export function insertAnswer({ idempotencyKey, viewer, now }: Context, answer: unknown): Prisma.Sql {
  const id = idempotencyKey ?? null
  return Prisma.sql`INSERT INTO "IdempotencyKey" (id, "accountId", answer, at)
    SELECT ${id}::text, ${viewer.accountId}, ${JSON.stringify(answer)}::jsonb, ${now}::timestamptz WHERE ${id}::text IS NOT NULL`
}

/**
 * Runs an operation unless the same key has a stored answer; then returns that, parsed by `answer`. Call it under the
 * lock of the acting account, so that one of two simultaneous requests sees the other. Refusals are not stored.
 */
export async function once<T, R extends Refusal>(
  tx: Transaction,
  ctx: Context,
  answer: z.ZodType<T>,
  run: () => Promise<Result<T, R>>,
): Promise<Result<T, R>> {
  const { idempotencyKey } = ctx
  if (idempotencyKey === undefined) return await run()
  const before = await tx.idempotencyKey.findUnique({ where: { id: idempotencyKey } })
  if (before) return replayed(answer, before.answer)
  const result = await run()
  if (result.ok) {
    await tx.idempotencyKey.create({
      data: {
        id: idempotencyKey,
        accountId: ctx.viewer.accountId,
        answer: JSON.parse(JSON.stringify(result.value)),
        at: ctx.now,
      },
    })
  }
  return result
}

/** Deletes keys that are older than a day. */
export async function forgetIdempotencyKeys(now: Date): Promise<void> {
  await db().idempotencyKey.deleteMany({ where: { at: { lt: new Date(now.getTime() - rememberedMs) } } })
}
