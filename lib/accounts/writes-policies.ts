import 'server-only'
import { db } from '@/lib/db/client'
import type { Transaction } from '@/lib/db/transaction'
import type { Grant } from '@/lib/permissions'

/**
 * Replaces the policies of a sub-account. A request reads them with its session, so the next one is decided by the new
 * ones. The caller checks that the account is a sub-account of whoever asks.
 */
export async function attachPolicies(
  accountId: string,
  grants: readonly Grant[],
  tx: Pick<Transaction, '$executeRaw'> = db(),
): Promise<void> {
  const rows = JSON.stringify(grants)
  await tx.$executeRaw`
    WITH attached AS (SELECT policy::"PolicyName" AS policy, nullif(regions, 'null'::jsonb) AS regions
      FROM jsonb_to_recordset(${rows}::jsonb) AS given(policy text, regions jsonb)),
    removed AS (DELETE FROM "AttachedPolicy"
      WHERE "accountId" = ${accountId} AND policy NOT IN (SELECT policy FROM attached))
    INSERT INTO "AttachedPolicy" ("accountId", policy, "regionIds") SELECT ${accountId}, policy, regions FROM attached
    ON CONFLICT ("accountId", policy) DO UPDATE SET "regionIds" = excluded."regionIds"`
}
