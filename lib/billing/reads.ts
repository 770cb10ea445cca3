import 'server-only'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { env } from '@/lib/env'
import { logSeldom } from '@/lib/log'

/** The currency of the ledger, as an expression: that of its first line, or the setting while there is none. */
export function selectCurrency(): Prisma.Sql {
  return Prisma.sql`coalesce((SELECT currency FROM "LedgerEntry" ORDER BY id LIMIT 1), ${env().ECS_CURRENCY})`
}

/** What everything is charged in, by ISO 4217. */
export async function findCurrency(): Promise<string> {
  const [found] = await db().$queryRaw<{ currency: string }[]>`SELECT ${selectCurrency()} AS currency`
  return found?.currency ?? env().ECS_CURRENCY
}

/**
 * The currency of the ledger where ECS_CURRENCY asks for another, else null. Amounts are numbers of the ledger's minor unit, so
 * they go on in it, and the operator is told.
 */
export async function findCurrencyConflict(): Promise<string | null> {
  const [ledger, setting] = [await findCurrency(), env().ECS_CURRENCY]
  if (ledger === setting) return null
  logSeldom('ECS_CURRENCY is not the currency of the ledger, which its first line has fixed.', { ledger, setting })
  return ledger
}
