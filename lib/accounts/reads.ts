import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import type { Transaction } from '@/lib/db/transaction'
import { listQuotas } from '@/lib/quotas/reads'
import { selectGrants } from '@/lib/sessions/reads'
import { type IncomingFacts, type Lookups, unknownLookupsMax, unknownLookupsWindowMs } from './rules'
import type { AccountInfo, AccountRecord, Incoming } from './schema'
import type { SubAccount } from './schema-sub-accounts'

/** The facts of the Account Info page. */
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

type SubAccountRow = Omit<SubAccount, 'createdAt' | 'lastSignInAt'> & { createdAt: Date; lastSignInAt: Date | null }

/** The sub-accounts of the viewer's master account by username: at most 100. Only masters may call it. */
export async function listSubAccounts({ viewer }: Context): Promise<SubAccount[]> {
  const rows = await db().$queryRaw<SubAccountRow[]>`
    SELECT a.id, a.username, a."displayName", a.email, a."disabledAt" IS NOT NULL AS "isDisabled", a."createdAt", a."lastSignInAt",
      ${selectGrants} AS grants
    FROM "Account" a WHERE a."masterId" = ${viewer.ownerId} ORDER BY a.username`
  return rows.map(({ createdAt, lastSignInAt, ...account }) => ({
    ...account,
    createdAt: createdAt.toISOString(),
    lastSignInAt: lastSignInAt?.toISOString() ?? null,
  }))
}

/** All accounts by username, sub-accounts after their master: the operator's list. */
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

/** The master account with this username, for the operator; null for a sub-account or an unknown name. */
export async function findMaster(
  username: string,
): Promise<{ id: string; username: string; disabled: boolean } | null> {
  const account = await db().account.findUnique({
    where: { username, kind: 'MASTER' },
    select: { id: true, username: true, disabledAt: true },
  })
  return account && { id: account.id, username: account.username, disabled: account.disabledAt !== null }
}

/** The policy and lists of the viewer's master account for incoming shares. */
export async function getIncoming({ viewer }: Context): Promise<Incoming> {
  const { incoming, incomingNames } = await db().account.findUniqueOrThrow({
    where: { id: viewer.ownerId },
    select: { incoming: true, incomingNames: { select: { kind: true, username: true }, orderBy: { username: 'asc' } } },
  })
  const on = (list: string) => incomingNames.filter(({ kind }) => kind === list).map(({ username }) => username)
  return { policy: incoming, allowed: on('ALLOWED'), blocked: on('BLOCKED') }
}

/** A row of `selectIncoming`. */
export type IncomingRow = IncomingFacts & { id: string }

/**
 * SQL for how each of some accounts answers shares from the viewer's master account: one JSON array, for use in a larger
 * statement. Exact under the accounts' locks.
 */
export function selectIncoming({ viewer }: Context, accounts: Prisma.Sql): Prisma.Sql {
  const isOn = (
    kind: 'ALLOWED' | 'BLOCKED',
  ) => Prisma.sql`EXISTS (SELECT FROM "IncomingName" n WHERE n."accountId" = a.id
    AND n.kind = ${kind}::"IncomingListKind" AND n.username = ${viewer.ownerUsername})`
  return Prisma.sql`(SELECT coalesce(json_agg(json_build_object('id', a.id, 'policy', a.incoming,
    'isAllowed', ${isOn('ALLOWED')}, 'isBlocked', ${isOn('BLOCKED')})), '[]') FROM "Account" a WHERE a.id IN (${accounts}))`
}

/** A row of `selectLookups`. */
export type LookupsRow = { names: string[]; first: Date | null; lastTryAt: Date | null }

/**
 * A SELECT of the unknown usernames that the viewer's master account looked up within the hour: one row, for use in a
 * larger statement. Exact under the account's lock; before the lock it can only be too low.
 */
export function selectLookups(ctx: Context): Prisma.Sql {
  const since = new Date(ctx.now.getTime() - unknownLookupsWindowMs)
  return Prisma.sql`
    SELECT coalesce(array_agg(username), '{}') AS names, min(at) AS first,
      (SELECT at FROM "ShareTry" WHERE "accountId" = ${ctx.viewer.ownerId}) AS "lastTryAt"
    FROM (SELECT username, at FROM "UnknownLookup" WHERE "accountId" = ${ctx.viewer.ownerId} AND at > ${since}::timestamptz
      ORDER BY at LIMIT ${unknownLookupsMax + 1}) recent`
}

/** Converts a row of `selectLookups` to the facts of the rules. */
export function toLookups({ now }: Context, { names, first, lastTryAt }: LookupsRow): Lookups {
  const resetsAt = first ? new Date(first.getTime() + unknownLookupsWindowMs) : now
  return { now, names, resetsAt, lastTryAt }
}

/** Reads the unknown usernames of the hour with a statement of its own. */
export async function readLookups(tx: Pick<Transaction, '$queryRaw'>, ctx: Context): Promise<Lookups> {
  const [row] = await tx.$queryRaw<LookupsRow[]>(selectLookups(ctx))
  return toLookups(ctx, row ?? { names: [], first: null, lastTryAt: null })
}
