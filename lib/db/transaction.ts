import 'server-only'
import { type Refusal, type Result, refuse } from '@/lib/result'
import { db } from './client'
import { isBusy, isWriteConflict } from './errors'
import type { Prisma } from './generated/client'

export type Transaction = Prisma.TransactionClient

const triesMax = 4

/** Thrown inside a transaction when what was read before the locks is no longer so: roll back and run it again. */
export class StartOver extends Error {}

/**
 * Carries a refusal out of a transaction that has already written, so that what it wrote is rolled back, or out of a read,
 * whose answer has no place for one.
 */
export class RefusedLate extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.code)
  }
}

/**
 * Runs one domain operation in one READ COMMITTED transaction. A write conflict and `StartOver` run it again, up to three
 * times, with jitter; nothing else does, because `run` has no effect outside the database. A lock that is not had in
 * time is the refusal BUSY. Everything else is a fault and thrown.
 */
export async function inTransaction<T>(run: (tx: Transaction) => Promise<Result<T>>): Promise<Result<T>> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await db().$transaction(run, { isolationLevel: 'ReadCommitted' })
    } catch (error) {
      if (error instanceof RefusedLate) return refuse(error.refusal)
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
