import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { lockAccounts } from '@/lib/db/locks'
import type { Transaction } from '@/lib/db/transaction'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import type { Grant } from '@/lib/permissions'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'

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

/**
 * Replaces the policies of a sub-account, as the operator; none leaves it nothing but its own password. Refuses a
 * name that is not a sub-account's with ACCOUNT_NOT_FOUND, and a region that there is not with REGION_NOT_FOUND.
 */
export async function setPolicies(
  ctx: Context,
  username: string,
  grants: readonly Grant[],
): Promise<Result<{ username: string }, RefusalOf<'ACCOUNT_NOT_FOUND' | 'REGION_NOT_FOUND' | 'BUSY'>>> {
  const regions = [...new Set(grants.flatMap((grant) => grant.regions ?? []))]
  const [account, known] = await Promise.all([
    db().account.findUnique({ where: { username, kind: 'SUB' }, select: { id: true } }),
    db().region.count({ where: { id: { in: regions } } }),
  ])
  if (!account) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  if (known < regions.length) return refuse({ code: 'REGION_NOT_FOUND' })
  return await inTransaction(async (tx) => {
    await lockAccounts(tx, [account.id])
    await attachPolicies(account.id, grants, tx)
    const policies = grants
      .map(({ policy, regions }) => (regions ? `${policy}=${regions.join(',')}` : policy))
      .join(' ')
    await recordEvents(tx, ctx, [
      { action: 'account.policies', owner: { id: account.id, username }, details: { policies } },
    ])
    return ok({ username })
  })
}
