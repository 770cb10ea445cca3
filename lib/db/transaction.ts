import 'server-only'
import { type RefusalOf, type Result, refuse } from '@/lib/result'
import { db } from './client'
import { isBusy, isWriteConflict } from './errors'
import type { Prisma } from './generated/client'

export type Transaction = Prisma.TransactionClient

const triesMax = 4

/** Thrown inside a transaction if a fact read before the locks has changed: roll back and run again. */
export class StartOver extends Error {}

/**
 * Runs one domain operation in one READ COMMITTED transaction. A write conflict and `StartOver` run it again, up to three
 * times, with jitter; nothing else does, because `run` has no effect outside the database. If a lock is not acquired in time,
 * the operation is refused with BUSY. Everything else is a fault and thrown.
 */
export async function inTransaction<Answer extends Result<unknown>>(
  run: (tx: Transaction) => Promise<Answer>,
): Promise<Answer | Result<never, RefusalOf<'BUSY'>>> {
  for (let attempt = 1; ; attempt++) {
    try {
      // No isolation level: each connection has READ COMMITTED, and setting it again would be a round trip.
      return await db().$transaction(run)
    } catch (error) {
      const again = error instanceof StartOver || isWriteConflict(error)
      if (again && attempt < triesMax) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * attempt))
        continue
      }
      if (again || isBusy(error)) return refuse({ code: 'BUSY' })
      throw error
    }
  }
}
