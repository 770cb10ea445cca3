import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { lockAccounts } from '@/lib/db/locks'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { ok, Refused, type Result } from '@/lib/result'
import { readLookups } from './reads'
import {
  areLookupsUsedUp,
  countedUnknown,
  isUsername,
  type Lookups,
  maskDisplayName,
  unknownLookupsMax,
  unknownLookupsWindowMs,
} from './rules'
import type { LookUpParams, Recipient } from './schema'

/**
 * Looks up one exact username as a recipient: that the master account exists and its masked display name. A sub-account
 * and a disabled account are answered as unknown. An unknown name is counted, at most 60 an hour for a master account and
 * each name once; then every answer is "limited", so that nothing more can be learned. A word that cannot be a username
 * is unknown without a look at the accounts. Throws `Refused` with BUSY when the account was locked for too long.
 */
export async function lookUpRecipient(ctx: Context, { username }: LookUpParams): Promise<Recipient> {
  const answer = await inTransaction(async (tx): Promise<Result<Recipient>> => {
    // Somebody types and waits: a route gives a read up after 4 s, and would take a busy account for a silent database.
    await tx.$executeRaw`SET LOCAL lock_timeout = '3s'`
    await lockAccounts(tx, [ctx.viewer.ownerId])
    if (username === ctx.viewer.ownerUsername) return ok({ username, status: 'you' })
    const lookups = await readLookups(tx, ctx)
    if (areLookupsUsedUp(lookups)) {
      return ok({ username, status: 'limited', resetsAt: lookups.resetsAt.toISOString() })
    }
    const account = isUsername(username)
      ? await tx.account.findFirst({
          where: { username, kind: 'MASTER', disabledAt: null },
          select: { displayName: true },
        })
      : null
    if (account) return ok({ username, status: 'found', displayName: maskDisplayName(account.displayName) })
    await countUnknown(tx, ctx, lookups, [username])
    return ok({ username, status: 'unknown' })
  })
  // BUSY says nothing about the name.
  if (!answer.ok) throw new Refused(answer.refusal)
  return answer.value
}

/**
 * Counts usernames that nobody has, when an answer tells of them. The lock of the master account makes the count exact.
 * Nothing is added once the limit is reached: a refused try must not postpone the moment at which it ends.
 */
export async function countUnknown(tx: Transaction, ctx: Context, lookups: Lookups, names: string[]): Promise<void> {
  const free = Math.max(0, unknownLookupsMax - lookups.names.length)
  const counted = countedUnknown(lookups, names).slice(0, free)
  if (counted.length === 0) return
  // The row of a name that was asked for more than an hour ago is used again.
  await tx.$executeRaw`
    INSERT INTO "UnknownLookup" ("accountId", username, at)
    SELECT ${ctx.viewer.ownerId}, name, ${ctx.now} FROM unnest(${counted}::text[]) AS name
    ON CONFLICT ("accountId", username) DO UPDATE SET at = excluded.at`
}

/** Notes that a share submit was taken although the unknown usernames are used up: the next one waits a minute. */
export async function recordShareTry(tx: Transaction, ctx: Context): Promise<void> {
  const at = { at: ctx.now }
  await tx.shareTry.upsert({
    where: { accountId: ctx.viewer.ownerId },
    create: { accountId: ctx.viewer.ownerId, ...at },
    update: at,
  })
}

/** Forgets unknown usernames, and share submits, that are too long ago to count. */
export async function forgetUnknownLookups(now: Date): Promise<void> {
  const where = { at: { lte: new Date(now.getTime() - unknownLookupsWindowMs) } }
  await Promise.all([db().unknownLookup.deleteMany({ where }), db().shareTry.deleteMany({ where })])
}
