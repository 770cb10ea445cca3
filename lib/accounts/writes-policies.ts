import 'server-only'
import { type Context, isDisabled, tenantOf } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { type LockedAccount, lockAccounts } from '@/lib/db/locks'
import { actingAccounts } from '@/lib/db/own-image'
import type { Transaction } from '@/lib/db/transaction'
import { inTransaction } from '@/lib/db/transaction'
import { recordEvents } from '@/lib/events/writes'
import type { Grant } from '@/lib/permissions'
import { ok, type RefusalOf, type Result, refuse } from '@/lib/result'
import type { AccountName } from './schema'

/** Replaces the policies of a sub-account. The caller checks that the account belongs to the viewer. */
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
 * Runs an operation on an account under its lock. Refuses ACCOUNT_NOT_FOUND and SIGNED_OUT; the caller checks the
 * permission.
 */
export async function onAccount<Answer extends Result<unknown>>(
  ctx: Context,
  username: string,
  run: (tx: Transaction, account: LockedAccount) => Promise<Answer>,
): Promise<Answer | Result<never, RefusalOf<'SIGNED_OUT' | 'ACCOUNT_NOT_FOUND' | 'BUSY'>>> {
  const found = await db().account.findUnique({ where: { username }, select: { id: true } })
  if (!found) return refuse({ code: 'ACCOUNT_NOT_FOUND' })
  return await inTransaction(
    async (tx): Promise<Answer | Result<never, RefusalOf<'SIGNED_OUT' | 'ACCOUNT_NOT_FOUND' | 'BUSY'>>> => {
      const locked = await lockAccounts(tx, [...new Set([...actingAccounts(ctx), found.id])])
      if (isDisabled(ctx, locked)) return refuse({ code: 'SIGNED_OUT' })
      const account = locked.get(found.id)
      return account ? await run(tx, account) : refuse({ code: 'ACCOUNT_NOT_FOUND' })
    },
  )
}

/** Refuses policies for an unknown region. Regions are never removed, so no lock is needed. */
export async function refuseUnknownRegions(grants: readonly Grant[]): Promise<RefusalOf<'REGION_NOT_FOUND'> | null> {
  const regions = [...new Set(grants.flatMap((grant) => grant.regions ?? []))]
  const known = await db().region.count({ where: { id: { in: regions } } })
  return known < regions.length ? { code: 'REGION_NOT_FOUND' } : null
}

/** Replaces the policies of a sub-account, possibly by none. Refuses ACCOUNT_NOT_FOUND and REGION_NOT_FOUND. */
export async function setPolicies(
  ctx: Context,
  username: string,
  grants: readonly Grant[],
): Promise<Result<AccountName, RefusalOf<'SIGNED_OUT' | 'ACCOUNT_NOT_FOUND' | 'REGION_NOT_FOUND' | 'BUSY'>>> {
  const unknown = await refuseUnknownRegions(grants)
  if (unknown) return refuse(unknown)
  return await onAccount(ctx, username, async (tx, account) => {
    if (account.kind !== 'SUB') return refuse({ code: 'ACCOUNT_NOT_FOUND' })
    const [before] = await tx.$queryRaw<{ policies: string }[]>`
      SELECT coalesce(string_agg(policy::text || coalesce('=' || (SELECT string_agg(region, ',')
        FROM jsonb_array_elements_text("regionIds") region), ''), ' ' ORDER BY policy), '') AS policies
      FROM "AttachedPolicy" WHERE "accountId" = ${account.id}`
    await attachPolicies(account.id, grants, tx)
    const policies = grants
      .map(({ policy, regions }) => (regions ? `${policy}=${regions.join(',')}` : policy))
      .join(' ')
    const details = { account: username, policies, before: { policies: before?.policies ?? '' } }
    await recordEvents(tx, ctx, [{ action: 'account.policies', owner: tenantOf(account), details }])
    return ok({ id: account.id, username })
  })
}
