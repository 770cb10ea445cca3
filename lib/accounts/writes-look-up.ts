import 'server-only'
import type { Context } from '@/lib/auth/viewer'
import { db } from '@/lib/db/client'
import { Prisma } from '@/lib/db/generated/client'
import { lockAccounts } from '@/lib/db/locks'
import { inTransaction, type Transaction } from '@/lib/db/transaction'
import { requestPatienceMs } from '@/lib/patience'
import { ok, Refused, type Result } from '@/lib/result'
import { type IncomingRow, readLookups, selectIncoming } from './reads'
import {
  areLookupsUsedUp,
  countedUnknown,
  incomingAnswer,
  isUsername,
  type Lookups,
  maskDisplayName,
  unknownLookupsMax,
  unknownLookupsWindowMs,
} from './rules'
import type { LookUpParams, Recipient } from './schema'

/**
 * Looks up one exact username as a recipient: whether the master account exists, and its masked display name.
 * Sub-accounts, disabled accounts and those that accept nothing from the viewer are answered as unknown. Each unknown name
 * counts once, at most 60 an hour for a master account; after that every answer is "limited" and reveals nothing. A word that
 * cannot be a username is unknown without a query. Throws `Refused` with BUSY if the account's lock is not acquired in time.
 */
export async function lookUpRecipient(ctx: Context, { username }: LookUpParams): Promise<Recipient> {
  const answer = await inTransaction(async (tx): Promise<Result<Recipient>> => {
    // Wait for the lock less long than the route waits for its answer, which would otherwise report a locked account as a
    // database that does not answer.
    await tx.$queryRaw`SELECT set_config('lock_timeout', ${`${0.75 * requestPatienceMs}`}, true)`
    await lockAccounts(tx, [ctx.viewer.ownerId])
    if (username === ctx.viewer.ownerUsername) return ok({ username, status: 'you' })
    const lookups = await readLookups(tx, ctx)
    if (areLookupsUsedUp(lookups)) {
      return ok({ username, status: 'limited', resetsAt: lookups.resetsAt.toISOString() })
    }
    const account = isUsername(username) ? await findRecipient(tx, ctx, username) : null
    if (account) return ok({ username, status: 'found', displayName: maskDisplayName(account.displayName) })
    await countUnknown(tx, ctx, lookups, [username])
    return ok({ username, status: 'unknown' })
  })
  // BUSY reveals nothing about the name.
  if (!answer.ok) throw new Refused(answer.refusal)
  return answer.value
}

type RecipientRow = { displayName: string; incoming: IncomingRow[] }

/** One statement for every outcome, so that unknown, disabled and unwilling accounts look the same (rule 15). */
async function findRecipient(tx: Transaction, ctx: Context, username: string): Promise<RecipientRow | null> {
  const [found] = await tx.$queryRaw<RecipientRow[]>`
    SELECT m."displayName", ${selectIncoming(ctx, Prisma.sql`m.id`)} AS incoming FROM "Account" m
    WHERE m.username = ${username} AND m.kind = 'MASTER' AND m."disabledAt" IS NULL`
  const [incoming] = found?.incoming ?? []
  return found && incoming && incomingAnswer(incoming) !== 'refuse' ? found : null
}

/**
 * Counts the names that an answer reveals as unknown, under the account's lock. A refused attempt must not postpone the
 * reset.
 */
export async function countUnknown(tx: Transaction, ctx: Context, lookups: Lookups, names: string[]): Promise<void> {
  const free = Math.max(0, unknownLookupsMax - lookups.names.length)
  const counted = countedUnknown(lookups, names).slice(0, free)
  if (counted.length === 0) return
  // A row older than an hour is reused.
  await tx.$executeRaw`
    INSERT INTO "UnknownLookup" ("accountId", username, at)
    SELECT ${ctx.viewer.ownerId}, name, ${ctx.now} FROM unnest(${counted}::text[]) AS name
    ON CONFLICT ("accountId", username) DO UPDATE SET at = excluded.at`
}

/** Records a share submit that was allowed while the unknown usernames are used up: the next one must wait a minute. */
export async function recordShareTry(tx: Transaction, ctx: Context): Promise<void> {
  const at = { at: ctx.now }
  await tx.shareTry.upsert({
    where: { accountId: ctx.viewer.ownerId },
    create: { accountId: ctx.viewer.ownerId, ...at },
    update: at,
  })
}

/** Deletes unknown usernames and share submits that are too old to count. */
export async function forgetUnknownLookups(now: Date): Promise<void> {
  const where = { at: { lte: new Date(now.getTime() - unknownLookupsWindowMs) } }
  await Promise.all([db().unknownLookup.deleteMany({ where }), db().shareTry.deleteMany({ where })])
}
