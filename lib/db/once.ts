import 'server-only'
import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { Context } from '@/lib/auth/viewer'
import { ok, type Refusal, type Result } from '@/lib/result'
import { db } from './client'
import { Prisma } from './generated/client'
import type { Transaction } from './transaction'

/** How long a wish is remembered. The same form sent again after that is a new one. */
const rememberedMs = 24 * 60 * 60 * 1000

/**
 * One wish: the same form, filled in the same way, by the same account. A form that was changed before it was sent again is
 * another wish, though its key is the same.
 */
export function wishOf(operation: string, { viewer }: Context, key: string, input: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify([operation, viewer.accountId, key, input]))
    .digest('hex')
}

/** A column of a statement of facts: what the same wish was answered before, null where it has not come true. */
export function selectAnswer({ wish }: Context): Prisma.Sql {
  return Prisma.sql`(SELECT answer FROM "Wish" WHERE id = ${wish ?? null}::text)`
}

/** What the same wish was answered before, which says so: nothing was done this time, and nothing is counted. */
export function replayed<T>(answer: z.ZodType<T>, before: unknown) {
  return { ...ok(answer.parse(before)), isReplay: true } as const
}

/** The statement that remembers what a wish was answered, for a write that does more in the same statement. */
export function insertWish({ wish, viewer, now }: Context, answer: unknown): Prisma.Sql {
  const id = wish ?? null
  return Prisma.sql`INSERT INTO "Wish" (id, "accountId", answer, at)
    SELECT ${id}::text, ${viewer.accountId}, ${JSON.stringify(answer)}::jsonb, ${now}::timestamptz WHERE ${id}::text IS NOT NULL`
}

/**
 * Does what a form asks for, unless the same wish came true before: then it answers what that answered, in the form of `answer`. Call it under the
 * locks of the account that acts, which make one of two simultaneous wishes see the other. A refused wish is not remembered.
 */
export async function once<T, R extends Refusal>(
  tx: Transaction,
  ctx: Context,
  answer: z.ZodType<T>,
  run: () => Promise<Result<T, R>>,
): Promise<Result<T, R>> {
  const { wish } = ctx
  if (wish === undefined) return await run()
  const before = await tx.wish.findUnique({ where: { id: wish } })
  if (before) return replayed(answer, before.answer)
  const result = await run()
  if (result.ok) {
    await tx.wish.create({
      data: {
        id: wish,
        accountId: ctx.viewer.accountId,
        answer: JSON.parse(JSON.stringify(result.value)),
        at: ctx.now,
      },
    })
  }
  return result
}

/** Forgets wishes that nobody will ask for again. */
export async function forgetWishes(now: Date): Promise<void> {
  await db().wish.deleteMany({ where: { at: { lt: new Date(now.getTime() - rememberedMs) } } })
}
