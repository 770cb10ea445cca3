import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import type { AdjustInput } from './schema'

type Adjusted = { account: string; instanceId: string; hour: string; amount: number; currency: string; note: string }
type Row = { accountId: string; account: string; regionId: string; name: string; currency: string }

/**
 * Corrects the cost of an hour of an instance with a further line, of either sign, as the operator. The facts of the charge are
 * copied from its line, which stays as it is. Refuses LEDGER_LINE_NOT_FOUND if that hour was not charged.
 */
export async function adjustLedger(
  ctx: Context,
  { instanceId, hour, amount, note }: AdjustInput,
): Promise<Result<Adjusted, RefusalOf<'LEDGER_LINE_NOT_FOUND' | 'BUSY'>>> {
  return await inTransaction(async (tx) => {
    const [row] = await tx.$queryRaw<Row[]>`
      INSERT INTO "LedgerEntry" (kind, at, "accountId", "accountName", "regionId", "instanceId", "instanceName", "typeId", vcpus,
        "memoryMib", "imageId", "imageName", "imageOwnerId", "imageOwnerName", hour, "from", "to", price, amount, currency, note)
      SELECT 'ADJUSTMENT', clock_timestamp(), "accountId", "accountName", "regionId", "instanceId", "instanceName", "typeId", vcpus,
        "memoryMib", "imageId", "imageName", "imageOwnerId", "imageOwnerName", hour, "from", "to", price, ${amount}::int, currency, ${note}
      FROM "LedgerEntry" WHERE kind = 'USAGE' AND "instanceId" = ${instanceId} AND hour = ${hour}::timestamptz
      RETURNING "accountId", "accountName" AS account, "regionId", "instanceName" AS name, currency`
    if (!row) return refuse({ code: 'LEDGER_LINE_NOT_FOUND' })
    const adjusted = { instanceId, hour: hour.toISOString(), amount, currency: row.currency, note }
    const facts = { owner: { id: row.accountId, username: row.account }, regionId: row.regionId }
    const event = { action: 'ledger.adjust', instance: { id: instanceId, name: row.name }, details: adjusted } as const
    await recordEvents(tx, ctx, [{ ...event, ...facts }])
    return ok({ account: row.account, ...adjusted })
  })
}
