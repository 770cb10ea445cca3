import 'server-only'
import type { Context, OwnerId } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import type { Transaction } from '@/lib/db/transaction'
import { imageQuotaDefault, type Lookups, unknownLookupsMax, unknownLookupsWindowMs } from './rules'
import type { AccountInfo, AccountRecord } from './schema'

/** A master account's image quota in a region and what is used of it: own images but failed ones, and shares received. */
export type QuotaUse = { accountId: string; regionId: string; quota: number; used: number }

/**
 * Quotas and their use of several accounts in one region. Under the accounts' locks this is the fact that a rule decides
 * on. Counting stops one past the quota, so a huge account costs no more than its quota.
 */
export async function quotaUse(
  tx: Transaction,
  accountIds: string[],
  regionId: string,
): Promise<Map<string, QuotaUse>> {
  const rows = await tx.$queryRaw<QuotaUse[]>`
    SELECT a.id AS "accountId", ${regionId} AS "regionId", q.quota, (o.used + r.used)::int AS used
    FROM unnest(${accountIds}::text[]) AS a(id)
    CROSS JOIN LATERAL (SELECT coalesce((SELECT images FROM "Quota" WHERE "accountId" = a.id AND "regionId" = ${regionId}),
      ${imageQuotaDefault})::int AS quota) q
    CROSS JOIN LATERAL (SELECT count(*) AS used FROM (SELECT 1 FROM "Image"
      WHERE "ownerId" = a.id AND "regionId" = ${regionId} AND state <> 'failed' LIMIT q.quota + 1) own) o
    CROSS JOIN LATERAL (SELECT count(*) AS used FROM (SELECT 1 FROM "Share"
      WHERE "recipientId" = a.id AND "regionId" = ${regionId} LIMIT q.quota + 1) received) r`
  return new Map(rows.map((row) => [row.accountId, row]))
}

/** The image quota of a master account in every region, by region id. Counts exactly, also over the quota. */
export async function listQuotas(owner: OwnerId): Promise<AccountInfo['quotas']> {
  return await db().$queryRaw<AccountInfo['quotas']>`
    SELECT r.id AS "regionId", r.name AS "regionName",
      coalesce((SELECT images FROM "Quota" WHERE "accountId" = ${owner} AND "regionId" = r.id), ${imageQuotaDefault})::int AS quota,
      ((SELECT count(*) FROM "Image" WHERE "ownerId" = ${owner} AND "regionId" = r.id AND state <> 'failed')
        + (SELECT count(*) FROM "Share" WHERE "recipientId" = ${owner} AND "regionId" = r.id))::int AS used
    FROM "Region" r ORDER BY r.id`
}

/** The image quota of a master account in one region, counted exactly: it may be over, when the operator lowered it. */
export async function getQuota(owner: OwnerId, region: string): Promise<{ used: number; quota: number }> {
  const [counted] = await db().$queryRaw<{ used: number; quota: number }[]>`
    SELECT coalesce((SELECT images FROM "Quota" WHERE "accountId" = ${owner} AND "regionId" = ${region}),
        ${imageQuotaDefault})::int AS quota,
      ((SELECT count(*) FROM "Image" WHERE "ownerId" = ${owner} AND "regionId" = ${region} AND state <> 'failed')
        + (SELECT count(*) FROM "Share" WHERE "recipientId" = ${owner} AND "regionId" = ${region}))::int AS used`
  return counted ?? { used: 0, quota: imageQuotaDefault }
}

/** What Account Info shows. */
export async function getAccountInfo(ctx: Context): Promise<AccountInfo> {
  const [account, quotas] = await Promise.all([
    db().account.findUniqueOrThrow({
      where: { id: ctx.viewer.accountId },
      select: { id: true, username: true, kind: true, displayName: true, email: true, createdAt: true },
    }),
    listQuotas(ctx.viewer.ownerId),
  ])
  return {
    ...account,
    masterUsername: account.kind === 'SUB' ? ctx.viewer.ownerUsername : null,
    createdAt: account.createdAt.toISOString(),
    quotas,
  }
}

/** Every account by username, a master's sub-accounts after it: the operator's list. */
export async function listAccounts(): Promise<AccountRecord[]> {
  const accounts = await db().account.findMany({
    select: {
      id: true,
      username: true,
      kind: true,
      displayName: true,
      email: true,
      disabledAt: true,
      createdAt: true,
      master: { select: { username: true } },
    },
  })
  const byTenant = (account: AccountRecord) => `${account.master ?? account.username}\0${account.username}`
  return accounts
    .map(({ disabledAt, createdAt, master, ...account }) => ({
      ...account,
      master: master?.username ?? null,
      disabled: disabledAt !== null,
      createdAt: createdAt.toISOString(),
    }))
    .sort((a, b) => (byTenant(a) < byTenant(b) ? -1 : 1))
}

/** The master account of this username, for the operator who acts for it; null for a sub-account and an unknown name. */
export async function findMaster(
  username: string,
): Promise<{ id: string; username: string; disabled: boolean } | null> {
  const account = await db().account.findUnique({
    where: { username, kind: 'MASTER' },
    select: { id: true, username: true, disabledAt: true },
  })
  return account && { id: account.id, username: account.username, disabled: account.disabledAt !== null }
}

/**
 * The unknown usernames that the viewer's master account asked for within the hour. Exact under its lock; before the lock
 * it can only be too few.
 */
export async function readLookups(tx: Pick<Transaction, '$queryRaw'>, ctx: Context): Promise<Lookups> {
  const since = new Date(ctx.now.getTime() - unknownLookupsWindowMs)
  const [row] = await tx.$queryRaw<{ names: string[]; first: Date | null; lastTryAt: Date | null }[]>`
    SELECT coalesce(array_agg(username), '{}') AS names, min(at) AS first,
      (SELECT at FROM "ShareTry" WHERE "accountId" = ${ctx.viewer.ownerId}) AS "lastTryAt"
    FROM (SELECT username, at FROM "UnknownLookup" WHERE "accountId" = ${ctx.viewer.ownerId} AND at > ${since}
      ORDER BY at LIMIT ${unknownLookupsMax + 1}) recent`
  const { names = [], first = null, lastTryAt = null } = row ?? {}
  const resetsAt = first ? new Date(first.getTime() + unknownLookupsWindowMs) : ctx.now
  return { now: ctx.now, names, resetsAt, lastTryAt }
}
